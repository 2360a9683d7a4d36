internal import Mesh
internal import Redis
internal import TestSupport
internal import Testing

@testable internal import MeshRedis

@Suite(.timeLimit(.minutes(1))) struct ScriptTests {
    @Test func aRecordIsListedAsItWasAnnounced() async throws {
        try await withScene { scene in
            let began = ContinuousClock.now
            let record = try await scene.join("jobs-1")
            #expect(try await scene.listed() == [record])
            let left = Duration.milliseconds(
                try await scene.client.send(["PTTL", "{test}:service:jobs:jobs-1"]).integer ?? 0)
            #expect(left <= .seconds(15) && left + (.now - began) >= .seconds(14.9))
            let keys = try await scene.client.send(["KEYS", "*"]).array?.compactMap(\.string).sorted()
            #expect(
                keys == [
                    "{test}:epochs", "{test}:events", "{test}:index", "{test}:sequence", "{test}:service:jobs:jobs-1",
                ])
        }
    }

    @Test func attributesAreListedAndAChangeOfThemIsNews() async throws {
        try await withScene { scene in
            var record = try await scene.join("jobs-1")
            record.attributes = ["extranonce": "0a0b0c0d", "shape": ""]
            #expect(try await scene.registry.announce(record) == .listed)
            #expect(try await scene.listed() == [record])
            #expect(try await scene.client.send(["XLEN", "{test}:events"]).integer == 2)
            #expect(try await scene.registry.announce(record) == .listed)
            #expect(try await scene.client.send(["XLEN", "{test}:events"]).integer == 2)
            // What nobody of this mesh would have written hides the record, like any other absurd field.
            _ = try await scene.client.send(["HSET", "{test}:service:jobs:jobs-1", "attribute:UPPER", "x"])
            #expect(try await scene.listed().isEmpty)
        }
    }

    @Test func epochsOnlyRise() async throws {
        try await withScene { scene in
            let name = InstanceName(service: "jobs", instance: "jobs-1")
            var last: Epoch = 0
            for _ in 0..<50 {
                let epoch = try await scene.registry.reserve(name)
                #expect(epoch > last)
                last = epoch
            }
            // Neither a record from the future nor a highest epoch from the future is passed under.
            _ = try await scene.client.send(["HSET", "{test}:service:jobs:jobs-1", "epoch", "5000000000000000"])
            #expect(try await scene.registry.reserve(name) == 5_000_000_000_000_001)
            _ = try await scene.client.send(["HSET", "{test}:epochs", "jobs", "6000000000000000"])
            #expect(try await scene.registry.reserve(name) == 6_000_000_000_000_001)
            // What cannot be an epoch does not wedge the next one.
            for nonsense in ["1e300", "nan", "-7", "x", ""] {
                _ = try await scene.client.send(["DEL", "{test}:service:jobs:jobs-1"])
                _ = try await scene.client.send(["HSET", "{test}:epochs", "jobs", RedisArgument(nonsense)])
                let epoch = try await scene.registry.reserve(name)
                #expect((1_600_000_000_000..<5_000_000_000_000).contains(epoch))
            }
        }
    }

    /// Lua counts in doubles: the range of epochs has an end, and whatever is stored about there must not keep a name from
    /// being used.
    @Test(arguments: [
        "9006199254739990", "9006199254739999", "9006199254740000", "9006199254740001", "9007199254739999",
        "9007199254740000", "9007199254740001", "9007199254740992", "9007199254740993", "18446744073709551615",
    ]) func anEpochNearTheEndOfTheRangeDoesNotKeepANameFromBeingUsed(stored: String) async throws {
        try await withScene { scene in
            let name = InstanceName(service: "jobs", instance: "jobs-1")
            let record: [RedisArgument] = ["HSET", "{test}:service:jobs:jobs-1", "epoch", RedisArgument(stored)]
            _ = try await scene.client.send(record + ["nonce", "0123456789abcdef"])
            _ = try await scene.client.send(["HSET", "{test}:epochs", "jobs", RedisArgument(stored)])
            for _ in 0..<3 {
                let life = try await scene.join("jobs-1")
                #expect(try await scene.listed() == [life])
                // A renewal is no news.
                #expect(try await scene.registry.announce(life) == .listed)
                let joins = try await scene.client.send(["XLEN", "{test}:events"]).integer
                #expect(joins == 1)
                try await scene.registry.leave(name, epoch: life.epoch)
                _ = try await scene.client.send(["DEL", "{test}:events"])
            }
        }
    }

    /// Far enough from the end, what follows is strictly newer, life after life.
    @Test func epochsRiseFromTheHighestThatIsBelieved() async throws {
        try await withScene { scene in
            let highest: Epoch = 9_006_199_254_739_000
            _ = try await scene.client.send(["HSET", "{test}:epochs", "jobs", RedisArgument(highest)])
            for step in 1...5 {
                #expect(try await scene.join("jobs-1").epoch == highest + Epoch(step))
            }
        }
    }

    @Test func racersForOneNameGetDifferentEpochs() async throws {
        try await withScene { scene in
            let name = InstanceName(service: "jobs", instance: "jobs-1")
            let epochs = try await withThrowingTaskGroup(of: Epoch.self) { group in
                for _ in 0..<100 { group.addTask { try await scene.registry.reserve(name) } }
                return try await group.reduce(into: Set<Epoch>()) { $0.insert($1) }
            }
            #expect(epochs.count == 100)
        }
    }

    @Test func theNewerLifeFencesTheOlder() async throws {
        try await withScene { scene in
            let older = try await scene.join("jobs-1")
            let newer = try await scene.join("jobs-1")
            #expect(newer.epoch > older.epoch)
            #expect(try await scene.registry.announce(older) == .fenced(by: newer.epoch))
            try await scene.registry.leave(older.name, epoch: older.epoch)
            #expect(try await scene.listed() == [newer])
            // Another process under the same epoch is another life.
            var twin = newer
            twin.nonce &+= 1
            #expect(try await scene.registry.announce(twin) == .fenced(by: newer.epoch))
            try await scene.registry.leave(newer.name, epoch: newer.epoch)
            #expect(try await scene.listed() == [])
        }
    }

    @Test func onlyChangesWorthTellingAreEvents() async throws {
        try await withScene { scene in
            var record = try await scene.join("jobs-1", state: .starting)
            record.load = 0.9
            _ = try await scene.registry.announce(record)
            record.state = .ready
            _ = try await scene.registry.announce(record)
            _ = try await scene.registry.announce(record)
            try await scene.registry.leave(record.name, epoch: record.epoch)
            let entries = try await scene.client.send(["XRANGE", "{test}:events", "-", "+"]).array ?? []
            let kinds = entries.compactMap { $0.array?[1].pairs?.first { $0.name == "kind" }?.value.string }
            #expect(kinds == ["join", "update", "leave"])
        }
    }

    @Test func aRecordLapsesAndComesBackWithARenewal() async throws {
        // Long enough that a busy machine looks again before it has lapsed anew.
        try await withScene(timeToLive: .seconds(1.5)) { scene in
            let record = try await scene.join("jobs-1")
            try await eventually("the record lapses") { try await scene.listed().isEmpty }
            #expect(try await scene.client.send(["ZCARD", "{test}:index"]) == .integer(0))
            #expect(try await scene.registry.announce(record) == .listed)
            #expect(try await scene.listed() == [record])
        }
    }

    @Test func aRenewalAfterAFlushListsAgain() async throws {
        try await withScene { scene in
            let record = try await scene.join("jobs-1")
            _ = try await scene.client.send(["FLUSHALL"])
            #expect(try await scene.listed().isEmpty)
            #expect(try await scene.registry.announce(record) == .listed)
            #expect(try await scene.listed() == [record])
            // The epochs are known again, so that the next life is a newer one.
            #expect(try await scene.registry.reserve(record.name) > record.epoch)
        }
    }

    @Test func anOlderStateOfRedisGivesWayToTheLiving() async throws {
        try await withScene { scene in
            let older = try await scene.join("jobs-1")
            let dump = try #require(try await scene.client.send(["DUMP", "{test}:service:jobs:jobs-1"]).bytes)
            let newer = try await scene.join("jobs-1")
            // As a restored backup or a promoted replica that lags would have it.
            _ = try await scene.client.send([
                "RESTORE", "{test}:service:jobs:jobs-1", 15_000, RedisArgument(dump), "REPLACE",
            ])
            _ = try await scene.client.send(["HSET", "{test}:epochs", "jobs", RedisArgument(older.epoch)])
            #expect(try await scene.registry.announce(newer) == .listed)
            #expect(try await scene.listed() == [newer])
            #expect(try await scene.registry.reserve(newer.name) > newer.epoch)
        }
    }

    @Test func foreignRecordsAreSkippedAndCounted() async throws {
        try await withScene { scene in
            let record = try await scene.join("jobs-1")
            let good: [(String, String)] = [
                ("endpoint", "tcp://127.0.0.1:1"), ("epoch", "5"), ("nonce", "0123456789abcdef"), ("state", "ready"),
            ]
            let bad: [(String, String)] = [
                ("endpoint", "http://x"), ("epoch", "-1"), ("epoch", "99999999999999999999"), ("nonce", "xyz"),
                ("state", "dancing"), ("weight", "0"), ("weight", "many"), ("load", "nan"), ("pid", "-4"),
                ("version", String(repeating: "v", count: 10_000)),
            ]
            for (number, (field, value)) in bad.enumerated() {
                let member = "jobs:foreign-\(number)"
                var fields = Dictionary(uniqueKeysWithValues: good)
                fields[field] = value
                _ = try await scene.client.send(
                    ["HSET", "{test}:service:\(member)"]
                        + fields.flatMap { [RedisArgument($0.key), RedisArgument($0.value)] })
                _ = try await scene.client.send(["ZADD", "{test}:index", "9e15", RedisArgument(member)])
            }
            for member in ["", "jobs", "a:b:c", "jobs:with space", "jobs:missing"] {
                _ = try await scene.client.send(["ZADD", "{test}:index", "9e15", RedisArgument(member)])
                _ = try await scene.client.send(["HSET", "{test}:service:\(member)", "x", "y"])
            }
            _ = try await scene.client.send(["SET", "{test}:service:jobs:text", "not a hash"])
            _ = try await scene.client.send(["ZADD", "{test}:index", "9e15", "jobs:text"])
            #expect(try await scene.listed() == [record])
            #expect(scene.registry.skippedRecords == bad.count + 5)
        }
    }

    @Test(arguments: ["", "a:b", "a b", "a#b", "{a}", "größe", String(repeating: "x", count: 101)])
    func aNameThatCannotBeAKeyIsRefused(name: String) async throws {
        try await withScene { scene in
            let error = await #expect(throws: RedisRegistryError.self) {
                _ = try await scene.registry.reserve(InstanceName(service: "jobs", instance: name))
            }
            #expect(error?.code == .invalidRecord)
        }
    }
}
