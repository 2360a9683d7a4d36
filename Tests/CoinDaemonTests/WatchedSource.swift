internal import AsyncHTTPClient
internal import CoinDaemon
internal import Logging
internal import Mining
internal import Synchronization
internal import TestSupport

/// A template source that runs for the length of a test, and all that it chose.
final class WatchedSource: Sendable {
    let source: TemplateSource
    private let log: Mutex<[(choice: TemplateCandidate, at: ContinuousClock.Instant)]> = Mutex([])

    private init(_ source: TemplateSource) {
        self.source = source
    }

    /// What was chosen so far, in order.
    var choices: [TemplateCandidate] { log.withLock { $0.map(\.choice) } }

    /// The daemon with this place in the list.
    func daemon(_ priority: Int) -> DaemonStatus { source.status[priority] }

    /// When a template on the block `parent` was chosen first; waits for it.
    func whenChosen(_ parent: String, within deadline: Duration = .seconds(10)) async throws -> ContinuousClock.Instant
    {
        var found: ContinuousClock.Instant?
        try await eventually(within: deadline, "a choice on \(parent), after \(choices.map(\.position.height))") {
            found = log.withLock { $0.first { $0.choice.position.parent == parent }?.at }
            return found != nil
        }
        return found!
    }

    /// Waits until the daemon with this place in the list is in this state.
    func waitFor(_ priority: Int, _ state: DaemonHealth.State, within deadline: Duration = .seconds(10)) async throws {
        try await eventually(within: deadline, "daemon \(priority) is \(state); \(daemon(priority))") {
            daemon(priority).state == state
        }
    }

    /// Runs a source over the daemons at `addresses` while `body` runs.
    static func run(
        _ addresses: [String], options: TemplateSource.Options, callDeadline: Duration = .seconds(1),
        policy: any TemplatePolicy = MostWorkPolicy(), _ body: (WatchedSource) async throws -> Void
    ) async throws {
        try await withHTTPClient { http in
            let clients = try addresses.map {
                CoinDaemonClient(
                    try DaemonEndpoint(parsing: $0), http: http, configuration: .init(callDeadline: callDeadline))
            }
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let watched = WatchedSource(TemplateSource(clients, policy: policy, options: options, logger: logger))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await watched.source.run() }
                group.addTask {
                    for await choice in watched.source.selections { watched.log.withLock { $0.append((choice, .now)) } }
                }
                defer { group.cancelAll() }
                try await body(watched)
            }
        }
    }
}

extension TemplateSource.Options {
    /// Nothing but long polls brings news within a test.
    static let longPollOnly = TemplateSource.Options(
        pollInterval: .seconds(600), refreshInterval: .seconds(600), shortestLongPoll: .milliseconds(50), backoff: quick
    )
    /// Short times, so that a test need not wait.
    static let impatient = TemplateSource.Options(
        pollInterval: .milliseconds(100), refreshInterval: .milliseconds(500), shortestLongPoll: .milliseconds(50),
        backoff: quick)

    private static let quick = Backoff(first: .milliseconds(50), limit: .milliseconds(200))
}
