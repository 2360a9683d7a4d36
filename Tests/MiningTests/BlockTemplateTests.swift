internal import Foundation
internal import Mining
internal import TestSupport
internal import Testing

@Suite struct BlockTemplateTests {
    private static func json(_ name: String) throws -> Data {
        Data(try Fixture.bytes("templates/\(name).json"))
    }

    @Test(arguments: Samples.templates) func `a real template survives decoding and encoding`(name: String) throws {
        let template = try Samples.template(name)
        let again = try JSONDecoder().decode(BlockTemplate.self, from: JSONEncoder().encode(template))
        #expect(again == template)

        // Every field that is kept has the daemon's own name and value.
        let original = try #require(try JSONSerialization.jsonObject(with: Self.json(name)) as? [String: Any])
        let encoded = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(template)) as? [String: Any])
        for (key, value) in encoded {
            #expect((value as? NSObject) == (original[key] as? NSObject), "\(key)")
        }
        let notKept = Set(original.keys).subtracting(encoded.keys)
        #expect(notKept.isSubset(of: ["capabilities", "vbavailable", "vbrequired"]))
    }

    @Test func `fields are read`() throws {
        let first = try Samples.template("gbt-h1")
        #expect(first.height == 1)
        #expect(first.version == 0x2000_0000)
        #expect(first.coinbaseValue == 5_000_000_000)
        #expect(first.bits == "207fffff")
        #expect(first.minimumTime == 1_296_688_603)
        #expect(first.mweb == nil)
        #expect(first.defaultWitnessCommitment?.hasPrefix("6a24aa21a9ed") == true)

        let full = try Samples.template("gbt-h523-txs-pegin")
        #expect(full.transactions.count == 7)
        #expect(full.totalFee == 14100 * 4 + 20800 * 2 + 3900)
        #expect(full.transactions[6].sigops == 0)
        #expect(full.mweb != nil)
    }

    @Test func `a header counts the transactions`() throws {
        let template = try Samples.template("gbt-h523-txs-pegin")
        let header = TemplateHeader(template)
        #expect(header.transactionCount == 7)
        #expect(header.totalFee == template.totalFee)
        #expect(header.previousBlockHash == template.previousBlockHash)
    }

    static let required = [
        "version", "rules", "previousblockhash", "transactions", "coinbasevalue", "target", "mintime", "noncerange",
        "sigoplimit", "sizelimit", "curtime", "bits", "height",
    ]

    @Test(arguments: required) func `a missing field is named`(field: String) throws {
        try expectFailure(naming: field) { $0[field] = nil }
    }

    static let malformed: [(String, String)] = [
        ("previousblockhash", "12"), ("previousblockhash", String(repeating: "x", count: 64)), ("bits", "207ffff"),
        ("target", ""), ("noncerange", "0"), ("mweb", "abc"), ("default_witness_commitment", "zz"), ("height", "1"),
    ]

    @Test(arguments: malformed) func `a malformed field is named`(field: String, value: String) throws {
        try expectFailure(naming: field) { $0[field] = value }
    }

    @Test func `a negative or absurd number is refused and named`() throws {
        try expectFailure(naming: "height") { $0["height"] = -1 }
        try expectFailure(naming: "coinbasevalue") { $0["coinbasevalue"] = -5 }
        try expectFailure(naming: "version") { $0["version"] = 1 << 40 }
        try expectFailure(naming: "curtime") { $0["curtime"] = 1.5 }
    }

    @Test func `a malformed transaction is named with its number`() throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Self.json("gbt-h523-txs-pegin")) as? [String: Any])
        var transactions = try #require(object["transactions"] as? [[String: Any]])
        transactions[3]["txid"] = "00"
        object["transactions"] = transactions
        let data = try JSONSerialization.data(withJSONObject: object)
        #expect {
            try JSONDecoder().decode(BlockTemplate.self, from: data)
        } throws: { error in
            guard case DecodingError.dataCorrupted(let context) = error else { return false }
            return context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } == [
                "transactions", "3", "txid",
            ]
        }
    }

    @Test func `fees beyond all sense do not end the process`() throws {
        var template = try Samples.template("gbt-h523-txs-pegin")
        for index in template.transactions.indices { template.transactions[index].fee = .max }
        _ = TemplateHeader(template)
    }

    private func expectFailure(naming field: String, _ change: (inout [String: Any]) -> Void) throws {
        var object = try #require(
            try JSONSerialization.jsonObject(with: Self.json("gbt-h523-txs-pegin")) as? [String: Any])
        change(&object)
        let data = try JSONSerialization.data(withJSONObject: object)
        #expect {
            try JSONDecoder().decode(BlockTemplate.self, from: data)
        } throws: { error in
            switch error {
            case DecodingError.keyNotFound(let key, _): key.stringValue == field
            case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context):
                context.codingPath.last?.stringValue == field
            default: false
            }
        }
    }
}
