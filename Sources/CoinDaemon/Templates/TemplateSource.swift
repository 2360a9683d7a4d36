public import Logging
internal import Mining

/// Block templates from several daemons, as one sequence of what to mine next.
///
/// Each daemon is followed on its own, so that one that hangs, lies or is gone holds up none of the others. A new block is
/// learnt by long poll, by `notify`, and by polling as the last resort. Which template counts is the policy's choice.
public final class TemplateSource: Sendable {
    /// How the daemons are followed.
    public struct Options: Sendable, Hashable {
        /// How often each daemon is asked for its newest block, should long poll and notification fail.
        public var pollInterval: Duration
        /// How often each daemon is asked for a whole template on the same block.
        public var refreshInterval: Duration
        /// How long a long poll may wait.
        ///
        /// Litecoin Core answers a long poll at a new block or, after 60 s, when its memory pool changed: on an idle chain never. One
        /// that is given up keeps its thread there until the next block, and once all of them (`-rpcthreads`, 4 by default) are
        /// taken nothing is answered any more [tried]. So it waits long; polling finds a daemon that hangs.
        public var longPollDeadline: Duration
        /// The shortest time between two long polls on the same block, for a daemon that answers them at once.
        public var shortestLongPoll: Duration
        /// How long, at the start, the first choice waits for daemons that are before the quickest in the list.
        public var settlingTime: Duration
        /// How long to wait before a daemon that failed is tried again.
        public var backoff: Backoff

        /// The options, with their defaults.
        public init(
            pollInterval: Duration = .seconds(5), refreshInterval: Duration = .seconds(30),
            longPollDeadline: Duration = .seconds(600), shortestLongPoll: Duration = .seconds(1),
            settlingTime: Duration = .milliseconds(500), backoff: Backoff = Backoff()
        ) {
            self.pollInterval = pollInterval
            self.refreshInterval = refreshInterval
            self.longPollDeadline = longPollDeadline
            self.shortestLongPoll = shortestLongPoll
            self.settlingTime = settlingTime
            self.backoff = backoff
        }
    }

    /// What the policy chose, each time that it chose another template; ends with `run`.
    ///
    /// For one reader. One that is 64 choices behind misses the oldest.
    public var selections: AsyncStream<TemplateCandidate> { board.selections }

    private let board: TemplateBoard
    private let followers: [DaemonFollower]
    private let settlingTime: Duration

    /// A source of the templates of `daemons`, of which the first has the highest priority.
    public init(
        _ daemons: [CoinDaemonClient], policy: any TemplatePolicy = MostWorkPolicy(), options: Options = Options(),
        logger: Logger
    ) {
        let board = TemplateBoard(
            daemons: daemons.map(\.endpoint.description), policy: policy, options: options, logger: logger)
        self.board = board
        settlingTime = options.settlingTime
        followers = daemons.enumerated().map { priority, client in
            DaemonFollower(client: client, priority: priority, options: options, board: board, doorbell: Doorbell())
        }
    }

    /// Follows the daemons until the task is cancelled. To be called once.
    public func run() async {
        defer { board.finish() }
        await withDiscardingTaskGroup { group in
            for follower in followers {
                group.addTask(name: "follow \(follower.client.endpoint)") { await follower.run() }
            }
            // What waited for a daemon that does not answer is chosen now. (Cancelled it chooses a little early, for nobody.)
            try? await Task.sleep(for: settlingTime)
            board.reconsider()
        }
    }

    /// Somebody (a daemon's `-blocknotify`) saw a new block: every daemon that is not known to have it is asked at once.
    ///
    /// - Parameter hash: of the block, as hashes are shown.
    public func notify(_ hash: String) {
        for follower in followers where board.candidate(follower.priority)?.position.parent != hash {
            follower.doorbell.ring()
        }
    }

    /// What the policy chose last; nil before the first template.
    public var current: TemplateCandidate? { board.current }

    /// Since when none of the daemons gives templates; nil while one does.
    ///
    /// A daemon that hangs counts from when that was noticed, which takes the poll interval and a call's deadline.
    public var silentSince: ContinuousClock.Instant? {
        let silences = followers.map { board.health($0.priority).notReadySince }
        return silences.contains(nil) ? nil : silences.compactMap(\.self).max()
    }

    /// How each daemon is, in the order of the list.
    public var status: [DaemonStatus] {
        let now = ContinuousClock.now
        let current = board.current
        return followers.map { follower in
            DaemonStatus(
                endpoint: follower.client.endpoint, priority: follower.priority,
                health: board.health(follower.priority),
                candidate: board.candidate(follower.priority), isSelected: current?.priority == follower.priority,
                at: now)
        }
    }
}
