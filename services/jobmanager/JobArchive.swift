internal import Logging
internal import Mining
internal import Synchronization

/// Writes jobs to the store, beside the publishing of them, so that a store that is away delays nobody.
///
/// While the store is away the job is tried again and the newest of the following wait; the problem is logged when it starts and
/// once a minute, and its end is logged.
final class JobArchive: Sendable {
    private let store: any JobStore
    private let expiry: Duration
    private let logger: Logger
    private let waiting: AsyncStream<Job>
    private let intake: AsyncStream<Job>.Continuation
    private let problem = Mutex<String?>(nil)

    /// The most jobs that wait for the store; beyond it the oldest are given up.
    private static let waitingLimit = 16
    private static let logInterval: Duration = .seconds(60)

    init(_ store: any JobStore, expiry: Duration, logger: Logger) {
        self.store = store
        self.expiry = expiry
        self.logger = logger
        (waiting, intake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waitingLimit))
    }

    /// Why jobs are not being stored at the moment; nil while they are.
    var currentProblem: String? { problem.withLock { $0 } }

    /// Takes a job to be stored soon; never waits.
    func add(_ job: Job) {
        intake.yield(job)
    }

    /// Stores jobs until the task is cancelled.
    func run() async {
        for await job in waiting {
            await save(job)
        }
    }

    /// Tries until the job is stored or would have expired.
    private func save(_ job: Job) async {
        let start = ContinuousClock.now
        var lastLog: ContinuousClock.Instant?
        var pause: Duration = .milliseconds(200)
        while !Task.isCancelled, ContinuousClock.now - start < expiry {
            do {
                try await store.store(job)
                if problem.withLock({ $0.take() }) != nil {
                    logger.notice("jobs are stored again", metadata: ["job": "\(job.id)"])
                }
                return
            } catch is CancellationError {
                return
            } catch {
                problem.withLock { $0 = "\(error)" }
                if lastLog.map({ ContinuousClock.now - $0 >= Self.logInterval }) ?? true {
                    logger.warning("job \(job.id) cannot be stored, it is tried again: \(error)")
                    lastLog = .now
                }
            }
            // Cancelled while it waits: the loop's condition sees it.
            try? await Task.sleep(for: pause * Double.random(in: 0.5..<1.5))
            pause = min(pause * 2, .seconds(5))
        }
    }
}
