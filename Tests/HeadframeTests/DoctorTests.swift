internal import CoinDaemon
internal import Mesh
internal import MessagePack
internal import ServiceKit
internal import TestSupport
internal import Testing

@testable internal import headframe

@Suite struct DoctorTests {
    private func redis(_ info: String, save: String? = "") -> [Finding.Verdict] {
        RedisFacts(info: info, saveRules: save).findings("redis://x").map(\.verdict)
    }

    private let healthy =
        "redis_version:7.0.15\r\naof_enabled:1\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n"

    @Test func aServerWithAnAppendOnlyFileIsFine() {
        #expect(redis(healthy) == [.ok, .ok, .ok])
    }

    @Test func anOldServerFails() {
        #expect(redis(healthy.replacing("7.0.15", with: "5.0.14"))[0] == .fail)
        #expect(redis("")[0] == .fail)
    }

    @Test func persistenceIsJudgedByWhatACrashLoses() {
        let without = healthy.replacing("aof_enabled:1", with: "aof_enabled:0")
        #expect(redis(without)[1] == .fail)
        #expect(redis(without, save: "3600 1")[1] == .warn)
        #expect(redis(without, save: nil)[1] == .warn)
        #expect(redis(without + "rdb_last_bgsave_status:err\r\n", save: "3600 1")[1] == .fail)
        #expect(redis(healthy + "aof_last_write_status:err\r\n")[1] == .fail)
    }

    @Test(arguments: [
        ("noeviction", 0, Finding.Verdict.ok), ("noeviction", 1000, .ok), ("volatile-lru", 1000, .ok),
        ("allkeys-lru", 0, .warn), ("allkeys-lru", 1000, .fail), ("allkeys-random", 1000, .fail),
    ])
    func evictionMustNotTakeWhatNeverExpires(_ policy: String, _ limit: Int, _ verdict: Finding.Verdict) {
        let info = healthy.replacing("noeviction", with: policy).replacing("maxmemory:0", with: "maxmemory:\(limit)")
        #expect(redis(info)[2] == verdict)
    }

    @Test func aReplicaTakesNoWrites() {
        #expect(redis(healthy.replacing("role:master", with: "role:slave")).last == .fail)
    }

    @Test func clocksAreComparedInTheMiddleOfTheQuestion() {
        let skew = ClockSkew(before: .seconds(100), other: .seconds(101), after: .seconds(102))
        #expect(skew.skew == .zero)
        #expect(skew.finding("r").verdict == .ok)
        #expect(
            ClockSkew(before: .seconds(100), other: .seconds(98), after: .seconds(100)).finding("r").verdict == .warn)
        #expect(ClockSkew(before: .zero, other: .seconds(61), after: .zero).finding("r").verdict == .fail)
    }

    @Test func portsRunOut() {
        let range = PortRange(17000...17999)
        func verdict(_ free: Int) -> Finding.Verdict {
            PortsCheck.finding(free: free, range: range, address: "127.0.0.1").verdict
        }
        #expect(verdict(1000) == .ok)
        #expect(verdict(9) == .warn)
        #expect(verdict(0) == .fail)
        #expect(PortsCheck.finding(free: 1, range: PortRange(17000...17000), address: "x").verdict == .ok)
    }

    @Test func aListenerShowsAndAFreePortRefuses() async throws {
        let redis = try await RedisServer.start()
        let taken = UInt16(redis.port)
        #expect(!LocalPort.isFree(taken, on: "127.0.0.1"))
        #expect(LocalPort.refusal(host: "127.0.0.1", port: taken, milliseconds: 2000) == nil)
        try await redis.kill()
        #expect(LocalPort.refusal(host: "127.0.0.1", port: taken, milliseconds: 2000) == "Connection refused")
    }

    private let now: Int64 = 1_795_000_000_000

    private func review(_ instances: [RegisteredInstance], silent: [Int] = []) -> [Finding] {
        let silent = silent.map { InstanceName(service: "s", instance: "s-\($0)") }
        return RegistryReview(
            instances: instances, silent: Set(silent), timeToLive: .seconds(15), unixMilliseconds: now
        ).findings
    }

    private func instance(
        _ number: Int, epoch: Epoch = 1_794_999_000_000, state: InstanceState = .ready, age: Duration = .seconds(1),
        port: Int? = nil
    ) -> RegisteredInstance {
        RegisteredInstance(
            record: InstanceRecord(
                name: InstanceName(service: "s", instance: "s-\(number)"), epoch: epoch, nonce: 1,
                endpoint: "tcp://127.0.0.1:\(port ?? 17000 + number)", state: state),
            heartbeatAge: age)
    }

    @Test func twoReadyInstancesAreFine() {
        #expect(review([instance(1), instance(2)]).allSatisfy { $0.verdict == .ok })
    }

    @Test func aServiceThatIsGoneAltogetherIsMissed() {
        let review = RegistryReview(
            instances: [instance(1), instance(2)], knownServices: ["s", "t"], silent: [], timeToLive: .seconds(15),
            unixMilliseconds: now)
        #expect(review.findings.filter { $0.verdict == .fail }.map(\.subject) == ["service t"])
    }

    @Test func oneReadyInstanceHasNoSuccessor() {
        #expect(review([instance(1)]).last?.verdict == .warn)
        #expect(review([instance(1, state: .starting)]).last?.verdict == .fail)
        #expect(review([]).map(\.verdict) == [.warn])
    }

    /// What is listed as ready and answers nobody is not ready.
    @Test func whoDoesNotAnswerIsNamedAndNotCounted() {
        let frozen = review([instance(1), instance(2)], silent: [2]).last
        #expect(frozen?.verdict == .warn)
        #expect(
            frozen?.finding
                == "one instance is ready: nobody takes over when it is lost; s-2 is listed and does not answer")
        let dead = review([instance(1)], silent: [1]).last
        #expect(dead?.verdict == .fail)
        #expect(dead?.finding == "no instance is ready; s-1 is listed and does not answer")
        let others = review([instance(1), instance(2), instance(3), instance(4)], silent: [3, 4]).last
        #expect(others?.verdict == .ok)
        #expect(others?.finding == "2 instances are ready; s-3, s-4 are listed and do not answer")
    }

    @Test func whoAnswersAndIsNotReadyIsNamedWithTheReason() {
        func answered(_ state: InstanceState, _ notReady: [String: String] = [:]) -> Finding {
            InstanceCheck.answered(instance(1, state: state).record, within: .milliseconds(1), notReady: notReady)
        }
        #expect(answered(.ready).verdict == .ok)
        let failed = answered(.starting, ["shares": "the disk failed", "jobs": "no job yet"])
        #expect(failed.verdict == .warn)
        #expect(failed.finding.hasSuffix(", starting, not ready: jobs: no job yet; shares: the disk failed"))
        #expect(failed.remedy?.contains("mend what it names") == true)
        // The record of one that has just ceased to be ready lags behind.
        #expect(answered(.ready, ["shares": "the disk failed"]).verdict == .warn)
        let silent = answered(.starting)
        #expect(silent.verdict == .warn && silent.remedy?.contains("look at its log") == true)
        let draining = answered(.draining, ["lifecycle": "draining"])
        #expect(draining.verdict == .warn && draining.remedy?.contains("it finishes what it has") == true)
    }

    @Test func oddRecordsAreNamed() {
        func subjects(_ instances: [RegisteredInstance]) -> [String] {
            review(instances).filter { $0.verdict != .ok }.map(\.subject)
        }
        #expect(subjects([instance(1, epoch: 7), instance(2)]) == ["epoch s/s-1"])
        #expect(subjects([instance(1, epoch: Epoch(now) + 7_200_000), instance(2)]) == ["epoch s/s-1"])
        #expect(subjects([instance(1, epoch: .max), instance(2)]) == ["epoch s/s-1"])
        #expect(subjects([instance(1, age: .seconds(11)), instance(2)]) == ["renewal s/s-1"])
        #expect(subjects([instance(1, port: 17000), instance(2, port: 17000)]) == ["endpoint tcp://127.0.0.1:17000"])
    }

    @Test func endpointsAreTakenApart() {
        #expect(TCPEndpoint("tcp://127.0.0.1:17000").map { "\($0.host) \($0.port)" } == "127.0.0.1 17000")
        #expect(TCPEndpoint("tcp://[::1]:17000")?.host == "[::1]")
        #expect(TCPEndpoint("ipc:///tmp/x") == nil)
        #expect(TCPEndpoint("tcp://:1") == nil)
        #expect(TCPEndpoint("tcp://h:99999") == nil)
    }

    @Test func aFindingSaysHowToMendIt() {
        let plain = Style(isTerminal: false) { _ in nil }
        #expect(
            Finding.fail("redis", "is away", mend: "start it").text(plain)
                == "fail  redis: is away\n      mend: start it\n")
        #expect(Finding.ok("redis", "answers").text(plain) == "ok    redis: answers\n")
        #expect(Finding.ok("redis", "answers").json["remedy"] == .null)
    }
}
