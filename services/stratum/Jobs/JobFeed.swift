internal import Logging
internal import Mesh
internal import Mining
internal import ServiceKit
internal import Synchronization

/// Takes the jobs of all jobmanagers out of the mesh, makes work of each once, and hands it to every connection.
final class JobFeed: Sendable {
    /// The service and its publication that jobs come from.
    static let service = "jobmanager"
    private static let publication = "jobs"
    private static let condition = "jobs"

    private struct Sources {
        var known = 0
        var ready = 0
        var problem: String?
    }

    private let board: WorkBoard
    private let supply: JobSupply
    private let hand: @Sendable (_ work: Work, _ clean: Bool) -> Void
    private let readiness: Readiness
    private let logger: Logger
    private let sources = Mutex(Sources())

    /// How often it is looked whether jobmanagers stand behind the work. A fraction of the age at which it is refused.
    private let interval: Duration

    /// - Parameters:
    ///   - ageLimit: How long work is kept that nobody stands behind.
    ///   - hand: Gives work to every connection; `clean` when what was mined before is worthless. Called in the order in which work
    ///     becomes current, with the board held.
    init(
        _ board: WorkBoard, ageLimit: Duration, readiness: Readiness, logger: Logger,
        hand: @escaping @Sendable (_ work: Work, _ clean: Bool) -> Void
    ) {
        self.board = board
        self.hand = hand
        self.readiness = readiness
        self.logger = logger
        supply = JobSupply(ageLimit: ageLimit)
        interval = min(.seconds(1), ageLimit / 4)
        readiness.set(Self.condition, notReady: "no job yet")
    }

    /// Follows the jobmanagers until cancelled.
    ///
    /// - Throws: When the node is shut down.
    func run(on node: MeshNode) async throws {
        node.observe(Self.service) { table in
            self.sources.withLock {
                $0.known = table.count
                $0.ready = table.count { $0.isRoutable }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "jobs") { try await self.follow(node) }
            group.addTask(name: "supply") { try await self.watch(node) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func follow(_ node: MeshNode) async throws {
        let subscription = node.subscribe(Self.service, Self.publication, of: Job.self)
        let updates = subscription.makeAsyncIterator()
        while true {
            do {
                guard let event = try await updates.next() else { return }
                // Alarms are in the log by themselves.
                if case .item(let update) = event { take(update.item, from: update.publisher) }
            } catch {
                try Task.checkCancellation()
                if let error = error as? MeshError, error.code != .badReply { throw error }
                refused("a job could not be read: \(error)")
            }
        }
    }

    /// Makes a job the current one.
    func take(_ job: Job, from publisher: String) {
        let work: Work
        do throws(MiningError) {
            work = try Work(job)
        } catch {
            return refused("the job \(job.id) of \(publisher) cannot be mined: \(error.message)")
        }
        sources.withLock { $0.problem = nil }
        let isClean = board.put(work, now: .now, hand: hand)
        logger.log(
            level: isClean ? .info : .debug, "new work",
            metadata: [
                "height": "\(work.height)", "job": "\(job.id)", "clean": "\(isClean)", "from": "\(publisher)",
            ])
        readiness.setReady(Self.condition)
    }

    private func refused(_ problem: String) {
        sources.withLock { $0.problem = problem }
        logger.error("\(problem); miners keep the last one")
    }

    /// Looks, until cancelled, whether jobmanagers stand behind the current work, and says so to the connections now and then.
    private func watch(_ node: MeshNode) async throws {
        var lastState: JobSupply.State?
        while true {
            let now = ContinuousClock.now
            let state = supply.state(facts, now: now)
            say(state, changed: lastState.map { !$0.isLike(state) } ?? true)
            // The registry says what `/readyz` says, whichever condition it is that does not hold.
            if readiness.notReady.isEmpty { node.setReady() } else { node.setNotReady() }
            if case .good = state, let latest = board.latest, now - latest.confirmed >= supply.ageLimit / 8 {
                board.confirm(now: now, hand: hand)
            }
            lastState = state
            try await Task.sleep(for: interval)
        }
    }

    private var facts: JobSupply.Facts {
        let latest = board.latest
        return sources.withLock {
            JobSupply.Facts(
                work: latest.map { ($0.work.height, $0.confirmed) }, known: $0.known, ready: $0.ready,
                problem: $0.problem)
        }
    }

    private func say(_ state: JobSupply.State, changed: Bool) {
        switch state {
        case .good:
            readiness.setReady(Self.condition)
            if changed { logger.info("jobmanagers stand behind the work of the miners") }
        case .kept(let reason):
            readiness.set(Self.condition, degraded: reason)
            if changed { logger.warning("all jobmanagers are away: \(reason)") }
        case .none(let reason):
            readiness.set(Self.condition, notReady: reason)
            if changed { logger.warning("not ready: \(reason)") }
        }
    }

    /// What it knows, in a word, for the method `status`.
    var state: String {
        switch supply.state(facts, now: .now) {
        case .good: "mining"
        case .kept(let reason): "mining, \(reason)"
        case .none(let reason): "waiting: \(reason)"
        }
    }

    /// Why the process is not ready, by condition; for the method `status`.
    var notReady: [String: String] {
        Dictionary(readiness.notReady.map { ($0.name, $0.reason) }, uniquingKeysWith: { first, _ in first })
    }
}

extension JobSupply.State {
    /// Whether both are the same but for the words.
    fileprivate func isLike(_ other: Self) -> Bool {
        switch (self, other) {
        case (.good, .good), (.kept, .kept), (.none, .none): true
        default: false
        }
    }
}
