public import DurableQueue
internal import FoundationEssentials

/// Runs a workload and cuts the power at every operation of it, then looks at what the store makes of the rest.
///
/// What it found has to be what a first part of the records adds up to, and that part has to hold everything that was acknowledged. It has to
/// be there again when the power goes a second time right after.
public struct PowerCutTest: Sendable {
    /// What a run came to.
    public struct Report: Sendable, CustomStringConvertible {
        /// How often the power was cut.
        public var cuts = 0
        /// How often the end of a file was cut off by the recovery.
        public var dropped = 0
        /// How often records were recovered that had not been acknowledged.
        public var kept = 0
        /// The segments that were there at the end of the whole workload, with their sizes.
        public var files: [String: Int] = [:]
        /// What did not hold; the first words name seed and operation.
        public var violations: [String] = []

        /// The numbers.
        public var description: String {
            "\(cuts) cuts, \(dropped) torn tails cut off, \(kept) times more than was acknowledged, \(violations.count) violations"
        }
    }

    private let seed: UInt64
    private let stepCount: Int
    private let folder = "/queue"
    private let open: @Sendable (_ folder: String, any FileSystem) throws -> any DurableStore

    /// A run with the workload of a seed.
    ///
    /// - Parameter open: opens the store of a folder on a file system, making it where there is none.
    public init(
        seed: UInt64, stepCount: Int = 60,
        open: @escaping @Sendable (_ folder: String, any FileSystem) throws -> any DurableStore
    ) {
        self.seed = seed
        self.stepCount = stepCount
        self.open = open
    }

    /// Cuts at every operation, with nothing of the rest surviving and with a part of it.
    public func run() async -> Report {
        var report = Report()
        var operation = 1
        while true {
            let fileSystem = SimulatedFileSystem()
            fileSystem.cutPower(at: operation)
            let history = await work(on: fileSystem)
            for survival in [.nothing, .some(seed: seed &* 1_000_003 &+ UInt64(operation))]
                as [SimulatedFileSystem.Survival]
            {
                let place = "seed \(seed), cut at operation \(operation), \(survival) of the rest surviving"
                do {
                    try await check(history, on: fileSystem.restarted(survival), &report)
                } catch { report.violations.append("\(place): \(error)") }
            }
            if !fileSystem.isCut { report.files = fileSystem.sizes(in: folder).filter { $0.key.hasSuffix(".segment") } }
            guard fileSystem.isCut else { return report }
            report.cuts += 1
            operation += 1
        }
    }

    private struct History {
        var origin: UUID?
        var submitted: [StoreRecord] = []
        /// How many of the submitted ones were acknowledged as on the disk.
        var acknowledged = 0
    }

    private struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    private func work(on fileSystem: SimulatedFileSystem) async -> History {
        var history = History()
        guard let store = try? open(folder, fileSystem) else { return history }
        history.origin = store.origin
        for step in StoreWorkload.steps(seed: seed, count: stepCount, origin: store.origin) {
            history.submitted += step.records
            do throws(DurableQueueError) { try await store.append(step.records, until: step.durability) } catch {
                break
            }
            if step.durability == .synced { history.acknowledged = history.submitted.count }
        }
        await store.close()
        return history
    }

    private func check(_ history: History, on fileSystem: SimulatedFileSystem, _ report: inout Report) async throws {
        let before = contentSizes(fileSystem)
        let store = try open(folder, fileSystem)
        try checkReport(store.recovery, before, fileSystem)
        report.dropped += store.recovery.dropped.count
        let found = try await StoreModel(of: store)
        let count = try matching(found, history, store)
        if count > history.acknowledged { report.kept += 1 }
        try await checkGoesOn(store, found, fileSystem)
    }

    /// The number of records that what was found adds up to.
    private func matching(_ found: StoreModel, _ history: History, _ store: any DurableStore) throws -> Int {
        guard history.acknowledged == 0 || store.origin == history.origin else {
            throw Violation(description: "the origin is another one")
        }
        var model = StoreModel()
        for (index, record) in history.submitted.enumerated() {
            if index >= history.acknowledged, model == found { return index }
            model.apply(record)
        }
        if model == found { return history.submitted.count }
        let lost = Set(model.entries.keys).subtracting(found.entries.keys).sorted()
        throw Violation(
            description:
                "what was recovered is not what the first \(history.acknowledged) to \(history.submitted.count) records add up to; not there, as "
                + "against all of them: \(lost.map(\.sequence))")
    }

    /// The sizes of the files without the zeros at their ends, which are room for records.
    private func contentSizes(_ fileSystem: SimulatedFileSystem) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: fileSystem.sizes(in: folder).keys.map { name in
                let content = fileSystem.contents(of: "\(folder)/\(name)") ?? []
                return (name, (content.lastIndex { $0 != 0 } ?? -1) + 1)
            })
    }

    /// What became shorter or is gone has to be in the report.
    private func checkReport(
        _ recovery: Recovery, _ before: [String: Int], _ fileSystem: SimulatedFileSystem
    ) throws {
        let after = contentSizes(fileSystem)
        let reported = Set(recovery.dropped.map(\.path))
        let header = 52
        for (name, size) in before where name.hasSuffix(".segment") && size > header {
            let left = after[name] ?? 0
            guard left < size, !reported.contains("\(folder)/\(name)"), !(after[name] == nil && size == 0) else {
                continue
            }
            throw Violation(description: "\(size - left) bytes of \(name) are gone and not reported")
        }
    }

    /// What was recovered is acted upon, so it has to be there after the next loss of power too; and the store has to go on.
    private func checkGoesOn(
        _ store: any DurableStore, _ found: StoreModel, _ fileSystem: SimulatedFileSystem
    ) async throws {
        let again = try open(folder, fileSystem.restarted(.nothing))
        guard try await StoreModel(of: again) == found else {
            throw Violation(description: "what was recovered was gone after the next loss of power")
        }
        let entry = Entry(
            identity: EntryIdentity(origin: again.origin, sequence: again.recovery.highestSequence + 1), id: "one more",
            enqueued: Timestamp(milliseconds: 1), payload: [1, 2, 3])
        try await again.append([.add(entry)])
        await again.close()
        await store.close()
    }
}
