internal import DurableQueue
internal import DurableQueueTestKit
internal import Mining
internal import ServiceKit
internal import ServiceLifecycle
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import stratum

/// The queue of accepted shares by itself.
@Suite struct ShareQueueTests {
    @Test func `a share is recorded once, whatever its miner was told`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withShareQueue(folder) { shares in
            #expect(await shares.record(Self.share(1)) == .recorded)
            #expect(await shares.record(Self.share(2)) == .recorded)
            #expect(await shares.record(Self.share(1)) == .recordedBefore)
            #expect(shares.queue.status.depth == 2 && shares.pending == 0)
        }
        // After a restart too, and after it was counted.
        try await withShareQueue(folder) { shares in
            let origin = shares.queue.store.origin
            #expect(await shares.queue.complete(of: origin, through: 1) == 1)
            #expect(await shares.record(Self.share(1)) == .recordedBefore)
            #expect(await shares.record(Self.share(2)) == .recordedBefore)
            #expect(await shares.record(Self.share(3)) == .recorded)
            let page = try await shares.queue.entries(of: origin, after: 0, limit: 10)
            let stored = try page.entries.map { try PoolShare(bytes: $0.payload) }
            #expect(stored == [1, 2, 3].map { Self.share($0) })
        }
    }

    @Test func `a full queue refuses, says why, and is not ready`() async throws {
        let folder = try TemporaryFolder("spool")
        let readiness = Readiness()
        try await withShareQueue(folder, readiness: readiness) {
            $0.configuration.maximumEntries = 2
        } body: { shares in
            for number in 1...2 { #expect(await shares.record(Self.share(number)) == .recorded) }
            #expect(await shares.record(Self.share(3)) == .refused("the pool's queue is full; submit it again later"))
            try await eventually("it is said to be full") {
                readiness.notReady.contains {
                    $0.name == "shares" && $0.reason.contains("--share-bound or --share-disk")
                        && $0.reason.contains("2 entries")
                }
            }
            #expect(await shares.queue.complete(of: shares.queue.store.origin, through: 2) == 2)
            #expect(await shares.record(Self.share(3)) == .recorded)
            try await eventually("it is ready again") { readiness.notReady.isEmpty }
        }
    }

    @Test func `a queue that has all its space refuses, says why, and is not ready`() async throws {
        let folder = try TemporaryFolder("spool")
        let readiness = Readiness()
        try await withShareQueue(folder, readiness: readiness) {
            $0.log.segmentBytes = 1000
            $0.log.maximumDiskBytes = 5000
            $0.configuration.dedupeWindow = .milliseconds(10)
        } body: { shares in
            var number = 0
            while number < 100, case .recorded = await shares.record(Self.share(number)) { number += 1 }
            #expect(number > 5 && number < 100)
            #expect(await shares.record(Self.share(100)) == .refused("the pool's queue is full; submit it again later"))
            try await eventually("it is said to be full") {
                readiness.notReady.contains { $0.name == "shares" && $0.reason.contains("of 5000 bytes") }
            }
            #expect(await shares.queue.complete(of: shares.queue.store.origin, through: 100) == number)
            try await eventually("it is ready again") {
                // As a reporter does while nothing new comes.
                _ = await shares.queue.complete(of: shares.queue.store.origin, through: 100)
                return readiness.notReady.isEmpty
            }
            #expect(await shares.record(Self.share(100)) == .recorded)
        }
    }

    @Test func `one folder that cannot be looked into does not hinder the others`() async throws {
        let folder = try TemporaryFolder("spool")
        for instance in ["stratum-2", "stratum-3"] {
            try await withShareQueue(folder, instance: instance) { shares in
                #expect(await shares.record(Self.share(1)) == .recorded)
            }
        }
        let disk = PosixFileSystem()
        try disk.remove(folder.path + "/shares/stratum-2/lock")
        try disk.makeFolder(folder.path + "/shares/stratum-2/lock")
        try await withShareQueue(folder) {
            $0.adoptEvery = .milliseconds(20)
        } body: { shares in
            try await eventually("the other is adopted") { await shares.desk.reports().count == 2 }
        }
    }

    @Test func `at most so many shares wait, and those have their answer`() async throws {
        let folder = try TemporaryFolder("spool")
        // Nobody else is there to hold them.
        try await withShareQueue(folder, replicas: 1) {
            $0.pendingLimit = 5
        } body: { shares in
            let outcomes = Mutex<[ShareOutcome]>([])
            for number in 1...8 {
                shares.record(Self.share(number)) { outcome in outcomes.withLock { $0.append(outcome) } }
            }
            let tooMany = ShareOutcome.refused("too many shares wait to be written; submit it again later")
            #expect(outcomes.withLock { $0.count { $0 == tooMany } } == 3)
            #expect(shares.pending == 5)
            try await eventually("the others are refused too") { shares.pending == 0 }
            #expect(outcomes.withLock { $0.count } == 8)
        }
    }

    @Test func `a folder that is locked for a moment is waited for`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withShareQueue(folder) { _ in }
        let lock = try #require(try PosixFileSystem().lock(folder.path + "/shares/stratum-1/lock"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // The lock of one who looks: what is waited for is its end.
                try await Task.sleep(for: .milliseconds(50))
                lock.release()
            }
            try await withShareQueue(folder) {
                $0.lockWithin = .seconds(5)
            } body: { _ in
                let names = try PosixFileSystem().names(in: folder.path + "/shares")
                #expect(names == ["stratum-1"])
            }
            try await group.waitForAll()
        }
    }

    @Test func `without replicas nothing is put to what was replicated, which is served until it is empty`()
        async throws
    {
        let folder = try TemporaryFolder("spool")
        try await withShareQueue(folder) { shares in
            #expect(await shares.record(Self.share(1)) == .recorded)
        }
        let replicated = try SegmentLogStore(folder: folder.path + "/shares/stratum-1")
        try await replicated.markAsReplicated()
        await replicated.close()
        try await withShareQueue(folder) {
            $0.adoptEvery = .milliseconds(20)
            $0.configuration.dedupeWindow = .milliseconds(100)
        } body: { shares in
            #expect(shares.queue.store.origin != replicated.origin)
            #expect(await shares.record(Self.share(2)) == .recorded)
            try await eventually("the old one is served") { await shares.desk.reports().count == 2 }
            let report = try #require(await shares.desk.reports().first { $0.store == replicated.origin })
            #expect(report.depth == 1 && report.mode == "queueOnly")
            try await eventually("it is removed") {
                // As a reporter does while nothing new comes.
                _ = try? await shares.desk.complete(replicated.origin, of: "shares", through: 1)
                return try PosixFileSystem().names(in: folder.path + "/shares") == ["stratum-1.2"]
            }
        }
        // From then on the instance has its own name back, and the other folder is emptied in its turn.
        try await withShareQueue(folder) { _ in
            let names = try PosixFileSystem().names(in: folder.path + "/shares")
            #expect(names.sorted() == ["stratum-1", "stratum-1.2"])
        }
    }

    @Test func `with replicas, what was left from before is adopted, and what was replicated is not`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withShareQueue(folder, instance: "stratum-2") { shares in
            #expect(await shares.record(Self.share(1)) == .recorded)
        }
        let replicated = try SegmentLogStore(folder: folder.path + "/shares/stratum-3")
        try await replicated.markAsReplicated()
        await replicated.close()
        try await withShareQueue(folder, replicas: 1) {
            $0.adoptEvery = .milliseconds(20)
            $0.configuration.dedupeWindow = .milliseconds(100)
        } body: { shares in
            try await eventually("the first is adopted") { await shares.desk.reports().count == 2 }
            let report = try #require(await shares.desk.reports().first { $0.store != shares.queue.store.origin })
            #expect(report.depth == 1 && report.mode == "queueOnly")
            let origin = try #require(report.origins.first)
            #expect(await shares.desk.reports().count == 2)
            #expect(
                try await shares.desk.complete(origin.origin, of: "shares", through: origin.acknowledgedThrough) == 1)
            try await eventually("it is removed") {
                // As a reporter does while nothing new comes.
                _ = try? await shares.desk.complete(origin.origin, of: "shares", through: origin.acknowledgedThrough)
                return try PosixFileSystem().names(in: folder.path + "/shares").sorted() == ["stratum-1", "stratum-3"]
            }
        }
        let kept = try SegmentLogStore(folder: folder.path + "/shares/stratum-3")
        #expect(kept.origin == replicated.origin)
        await kept.close()
        // Nobody has held it for long, and no group that is known here counts on it.
        try await withShareQueue(folder, replicas: 1) {
            $0.adoptEvery = .milliseconds(20)
            $0.abandonedAfter = .milliseconds(100)
        } body: { _ in
            try await eventually("it is adopted, and removed as it is empty") {
                try PosixFileSystem().names(in: folder.path + "/shares") == ["stratum-1"]
            }
        }
    }

    @Test(arguments: [
        (Hindrance.full, "the pool's disk is full; submit it again later"),
        (.readOnly, "the pool's disk cannot be written; submit it again later"),
    ])
    func `a disk that takes nothing refuses, and the server is not ready until a share is recorded`(
        _ hindrance: Hindrance, _ refusal: String
    ) async throws {
        let folder = try TemporaryFolder("spool")
        let disk = SimulatedFileSystem()
        let readiness = Readiness()
        try await withShareQueue(folder, readiness: readiness) {
            $0.fileSystem = disk
            $0.log.roomBytes = 0
        } body: { shares in
            #expect(await shares.record(Self.share(1)) == .recorded)
            hindrance.begin(on: disk)
            #expect(await shares.record(Self.share(2)) == .refused(refusal))
            try await eventually("it is not ready") {
                readiness.notReady.contains {
                    $0.name == "shares" && $0.reason.hasPrefix("the last share was refused")
                }
            }
            #expect(shares.failure == nil)
            hindrance.end(on: disk)
            #expect(await shares.record(Self.share(2)) == .recorded)
            try await eventually("it is ready again") { readiness.notReady.isEmpty }
        }
    }

    @Test func `a failing disk refuses, and the server stays`() async throws {
        let folder = try TemporaryFolder("spool")
        let disk = SimulatedFileSystem()
        let readiness = Readiness()
        try await withShareQueue(folder, readiness: readiness) {
            $0.fileSystem = disk
        } body: { shares in
            #expect(await shares.record(Self.share(1)) == .recorded)
            disk.failSynchronizing(true)
            #expect(
                await shares.record(Self.share(2)) == .refused("the pool's disk failed; connect again elsewhere"))
            #expect(
                await shares.record(Self.share(3)) == .refused("the pool's disk failed; connect again elsewhere"))
            try await eventually("it is not ready") { readiness.notReady.map(\.name) == ["shares"] }
            // What is there can still be read.
            let page = try await shares.queue.entries(of: shares.queue.store.origin, after: 0, limit: 10)
            #expect(page.entries.count == 1)
            // Whereupon the server sends its miners elsewhere.
            #expect(shares.failure?.contains("forcing data to the disk failed") == true)
        }
    }

    @Test func `the queue of an instance that is gone is served beside the own one, then removed`() async throws {
        let folder = try TemporaryFolder("spool")
        try await withShareQueue(folder, instance: "stratum-2") { shares in
            for number in 1...5 { #expect(await shares.record(Self.share(number)) == .recorded) }
        }
        try await withShareQueue(folder) {
            $0.adoptEvery = .milliseconds(50)
            $0.configuration.dedupeWindow = .milliseconds(100)
        } body: { shares in
            try await eventually("it is adopted") { await shares.desk.reports().count == 2 }
            let reports = await shares.desk.reports()
            let left = try #require(reports.first { $0.store != shares.queue.store.origin })
            #expect(left.depth == 5 && left.name == "shares")
            let origin = try #require(left.origins.first?.origin)
            // Who comes back meanwhile is not kept waiting.
            try await withShareQueue(folder, instance: "stratum-2") { back in
                #expect(await back.record(Self.share(6)) == .recorded)
            }
            #expect(
                try await shares.desk.complete(origin, of: "shares", through: left.origins[0].acknowledgedThrough) == 5)
            try await eventually("it is removed") {
                // As a reporter does while nothing new comes.
                _ = try? await shares.desk.complete(origin, of: "shares", through: left.origins[0].acknowledgedThrough)
                return try PosixFileSystem().names(in: folder.path + "/shares").contains("stratum-2") == false
            }
            #expect(await !shares.desk.reports().contains { $0.store == origin })
        }
    }

    @Test func `a sibling's queue is left alone, and what is no queue too`() async throws {
        let folder = try TemporaryFolder("spool")
        try PosixFileSystem().makeFolder(folder.path + "/shares/other")
        try await withShareQueue(folder, instance: "stratum-3") { _ in }
        try await withShareQueue(folder, instance: "stratum-2") { sibling in
            try await withShareQueue(folder) {
                $0.adoptEvery = .milliseconds(5)
            } body: { shares in
                // It looks at the others' folders in the same round.
                try await eventually("what nobody holds is adopted, and removed as it is empty") {
                    try PosixFileSystem().names(in: folder.path + "/shares").sorted()
                        == ["other", "stratum-1", "stratum-2"]
                }
                #expect(await shares.desk.reports().count == 1)
                #expect(await sibling.record(Self.share(1)) == .recorded)
            }
        }
        #expect(try PosixFileSystem().names(in: folder.path + "/shares/other").isEmpty)
    }

    @Test func `what is taken when the end comes is decided`() async throws {
        let folder = try TemporaryFolder("spool")
        let outcomes = Mutex<[ShareOutcome]>([])
        try await withShareQueue(folder) { shares in
            for number in 1...500 {
                shares.record(Self.share(number)) { outcome in outcomes.withLock { $0.append(outcome) } }
            }
        }
        #expect(outcomes.withLock { $0.count } == 500)
        let recorded = outcomes.withLock { $0.count { $0 == .recorded } }
        try await withShareQueue(folder) { shares in
            // One that was cancelled on its way may be there all the same.
            #expect(shares.queue.status.depth >= recorded)
        }
    }

    static func share(_ number: Int) -> PoolShare {
        var hash = [UInt8](repeating: 0, count: 32)
        (hash[0], hash[1]) = (UInt8(number / 256), UInt8(number % 256))
        return PoolShare(
            worker: "address.rig", jobID: "job", height: 100, hash: hash, timeMilliseconds: 1_700_000_000_000,
            difficulty: 2, isBlock: false)
    }
}

/// What is configured of it.
@Suite struct ShareSettingTests {
    private func load(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> StratumConfiguration
    {
        let loader = ConfigurationLoader<StratumConfiguration>(arguments: arguments, environment: environment)
        guard case .run(let configuration, let warnings) = try loader.load() else {
            throw TestSupportError("the configuration was only printed")
        }
        #expect(warnings.isEmpty)
        return configuration
    }

    @Test func `without settings, shares stay on the server's own disk`() throws {
        let shares = try load().shares
        #expect(!shares.isReplicated && shares.folders.root == "spool/shares")
        #expect(shares.configuration.maximumEntries == 1_000_000 && shares.log.maximumDiskBytes == 4 << 30)
        #expect(shares.configuration.keepsCompletedPayloads && shares.configuration.dedupeWindow == .seconds(900))
    }

    @Test func `how many servers hold a share is said for the whole mesh`() throws {
        let shares = try load([], ["HEADFRAME_SHARE_REPLICAS": "2", "STRATUM_SHARE_BOUND": "5000"]).shares
        #expect(shares.configuration.mode == .replicated(min: 2) && shares.configuration.withdrawsUnreplicated)
        #expect(shares.configuration.maximumEntries == 5000)
        // A miner has its answer within 2 s, whatever the other servers do.
        #expect(shares.configuration.acknowledgeWithin + shares.configuration.withdrawWithin < .seconds(2))
        #expect(try load(["--share-replicas", "1"], ["HEADFRAME_SHARE_REPLICAS": "2"]).shareReplicas == 1)
        #expect(throws: ServiceKitError.self) { try load(["--share-replicas", "8"]) }
    }
}

/// Why a disk takes nothing for a while.
enum Hindrance {
    case full
    case readOnly

    func begin(on disk: SimulatedFileSystem) { set(true, on: disk) }
    func end(on disk: SimulatedFileSystem) { set(false, on: disk) }

    private func set(_ isThere: Bool, on disk: SimulatedFileSystem) {
        switch self {
        case .full: disk.limitSpace(to: isThere ? 0 : nil)
        case .readOnly: disk.setReadOnly(isThere)
        }
    }
}
