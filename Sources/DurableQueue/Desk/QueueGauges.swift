internal import FoundationEssentials
internal import Metrics

/// What the metrics show of one queue: `queue_depth{queue, store}` and so on.
struct QueueGauges: Sendable {
    private let depth, oldest, inFlight, dead, disk, live, failed: Gauge

    init(queue: String, store: UUID) {
        let dimensions = [("queue", queue), ("store", String(store.uuidString.prefix(8).lowercased()))]
        func gauge(_ name: String) -> Gauge { Gauge(label: "queue_\(name)", dimensions: dimensions) }
        depth = gauge("depth")
        oldest = gauge("oldest_seconds")
        inFlight = gauge("in_flight")
        dead = gauge("dead")
        disk = gauge("disk_bytes")
        live = gauge("live_bytes")
        failed = gauge("failed")
    }

    func show(_ status: QueueStatus, now: Timestamp) {
        depth.record(status.depth)
        oldest.record(status.oldest.map { (now - $0) / .seconds(1) } ?? 0)
        inFlight.record(status.inFlight)
        dead.record(status.dead)
        disk.record(status.store.diskBytes)
        live.record(status.store.liveBytes)
        failed.record(status.store.failure == nil ? 0 : 1)
    }

    /// The queue is no longer here.
    func clear() {
        for gauge in [depth, oldest, inFlight, dead, disk, live, failed] { gauge.record(0) }
    }
}
