internal import Foundation
internal import Metrics
internal import Synchronization

/// How the sources are doing, for whoever asks, and as metrics.
final class FollowingBoard: Sendable {
    /// How a source is doing.
    struct Standing: Sendable, Equatable {
        /// Where its cursor stands; nil before that is known.
        var cursor: UInt64?
        /// How far it was read.
        var readTo: UInt64
        /// Shares that were read and are not counted yet.
        var pending: Int
        /// How often it was begun again.
        var rewinds: Int
        /// What went wrong last and has not gone right since.
        var problem: String?

        init(_ follower: SourceFollower) {
            cursor = follower.cursor
            readTo = follower.readTo
            pending = follower.pendingShares
            rewinds = follower.rewinds
            problem = follower.problem
        }
    }

    /// What was counted since the start.
    struct Totals: Sendable, Equatable, Codable {
        /// Shares that were counted.
        var shares = 0
        /// Shares that had been counted before, from another source.
        var known = 0
        /// Shares that came so late that nobody can tell whether they were counted: they are listed.
        var late = 0
        /// Batches that were counted.
        var batches = 0
        /// Batches that were refused, because the cursor stood elsewhere.
        var refused = 0
    }

    private struct State {
        var standings: [ShareSource: Standing] = [:]
        var totals = Totals()
    }

    private let state = Mutex(State())
    private let shares = Counter(label: "reporter_shares_total")
    private let known = Counter(label: "reporter_shares_known_total")
    private let late = Counter(label: "reporter_shares_late_total")
    private let refused = Counter(label: "reporter_batches_refused_total")
    private let redisTime = Timer(label: "reporter_batch_seconds")
    private let batchShares = Recorder(label: "reporter_batch_shares")

    func put(_ source: ShareSource, _ standing: Standing) { state.withLock { $0.standings[source] = standing } }

    func remove(_ source: ShareSource) { _ = state.withLock { $0.standings.removeValue(forKey: source) } }

    /// The sources that are followed.
    var standings: [ShareSource: Standing] { state.withLock { $0.standings } }

    /// What was counted since the start.
    var totals: Totals { state.withLock { $0.totals } }

    /// Redis has answered to a batch.
    func counted(_ outcome: BatchOutcome, batch: Int, took time: Duration) {
        state.withLock { state in
            switch outcome {
            case .counted(let shares, let known, let late):
                state.totals.batches += 1
                state.totals.shares += shares
                state.totals.known += known
                state.totals.late += late
            case .refused: state.totals.refused += 1
            }
        }
        redisTime.record(duration: time)
        switch outcome {
        case .counted(let shares, let known, let late):
            self.shares.increment(by: shares)
            self.known.increment(by: known)
            self.late.increment(by: late)
            batchShares.record(batch)
        case .refused: refused.increment()
        }
    }
}
