internal import Synchronization

/// The statistics of a run, which outlive its connections.
final class MinerRecord: Sendable {
    /// How many accepted shares are enough; nil where there is no end.
    let wanted: Int?
    private let statistics = Mutex(MinerStatistics())

    init(wanted: Int?) { self.wanted = wanted }

    var current: MinerStatistics { statistics.withLock { $0 } }

    @discardableResult
    func update<Result: Sendable>(_ body: (inout sending MinerStatistics) -> sending Result) -> Result {
        statistics.withLock { body(&$0) }
    }
}
