internal import Foundation
internal import Mining
internal import Testing

@Suite struct JobIdentityTests {
    private func id(
        lineage: String = "regtest:00", payouts: [Payout] = Samples.payouts, tag: String = "/mesh/",
        algorithm: ProofOfWorkKind = .scrypt, _ change: (inout BlockTemplate) -> Void = { _ in }
    ) throws -> String {
        var template = try Samples.template()
        change(&template)
        return JobIdentity.of(
            template, at: Samples.position(of: template, lineage: lineage), payouts: payouts, tag: tag,
            algorithm: algorithm)
    }

    @Test func `an id stays what it is from version to version`() throws {
        #expect(try id() == "b044067887a162137758c0d2f91f920c")
        #expect(JobIdentity.isWellFormed(try id()))
    }

    static let irrelevant: [@Sendable (inout BlockTemplate) -> Void] = [
        { $0.currentTime += 60 }, { $0.minimumTime += 1 }, { $0.longPollID = nil }, { $0.mutable = [] },
        { $0.sizeLimit = 1 }, { $0.sigOpLimit = 1 }, { $0.weightLimit = nil },
    ]

    @Test(arguments: irrelevant.indices) func `fetched again it is the same job`(index: Int) throws {
        #expect(try id(Self.irrelevant[index]) == id())
    }

    static let relevant: [@Sendable (inout BlockTemplate) -> Void] = [
        { $0.previousBlockHash = String(repeating: "0", count: 64) }, { $0.version ^= 1 }, { $0.bits = "207ffffe" },
        { $0.height += 1 }, { $0.coinbaseValue += 1 }, { $0.coinbaseAux = ["flags": ""] },
        { $0.coinbaseAux = ["flags": "00"] }, { $0.rules.removeLast() }, { $0.defaultWitnessCommitment = nil },
        { $0.defaultWitnessCommitment = "" }, { $0.mweb = nil }, { $0.mweb = "" }, { $0.transactions.removeLast() },
        { $0.transactions.swapAt(0, 1) }, { $0.transactions[0].txid = $0.transactions[1].txid },
        { $0.transactions[0].hash = $0.transactions[1].hash },
    ]

    @Test func `other work is another job, in whatever it differs`() throws {
        var ids = try Self.relevant.map { try id($0) }
        ids.append(try id())
        ids.append(try id(lineage: "regtest:01"))
        ids.append(try id(payouts: []))
        ids.append(try id(payouts: [Payout(script: "51")]))
        ids.append(try id(payouts: [Payout(script: "51", weight: 2)]))
        ids.append(try id(payouts: [Payout(script: "51"), Payout(script: "52")]))
        ids.append(try id(payouts: [Payout(script: "52"), Payout(script: "51")]))
        ids.append(try id(tag: ""))
        ids.append(try id(algorithm: .sha256d))
        #expect(Set(ids).count == Self.relevant.count + 9)
    }

    @Test(arguments: ["", "abc", String(repeating: "A", count: 32), String(repeating: "0", count: 33), "job:*"])
    func `what is no id is told apart`(text: String) {
        #expect(!JobIdentity.isWellFormed(text))
    }

    @Test func `a job survives its encoding, and a header holds no transactions`() throws {
        let template = try Samples.template()
        let job = Samples.job(template)
        #expect(try JSONDecoder().decode(Job.self, from: JSONEncoder().encode(job)) == job)
        let header = JobHeader(job)
        let text = String(decoding: try JSONEncoder().encode(header), as: UTF8.self)
        #expect(header.id == job.id)
        #expect(!text.contains(template.transactions[0].txid))
        #expect(text.utf8.count < 1000)
    }
}
