internal import CoinDaemon
internal import Foundation
internal import Mining
internal import TestSupport

/// Candidates for tests of the deciding, named by what matters there.
struct Candidates {
    let start = ContinuousClock.now
    private let template: BlockTemplate

    init() throws {
        template = try JSONDecoder().decode(
            BlockTemplate.self, from: Data(try Fixture.bytes("templates/gbt-h1.json")))
    }

    /// A template of daemon `priority` on the block `parent`, which has so much `work`.
    func candidate(
        _ priority: Int, on parent: String, work: Int, lineage: String = "regtest:00", at seconds: Double = 0,
        notReadySince: Double? = nil, value: Int64 = 1
    ) -> TemplateCandidate {
        var template = template
        template.previousBlockHash = parent
        template.height = work
        template.coinbaseValue = value
        let position = ChainPosition(
            lineage: lineage, parent: parent, chainwork: Chainwork(hex: String(work, radix: 16))!, height: work,
            ancestors: [parent])
        return TemplateCandidate(
            daemon: "http://daemon\(priority)/", priority: priority, template: template, position: position,
            health: notReadySince.map(unreachable) ?? ready(at: 0), receivedAt: time(seconds))
    }

    func time(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    func ready(at seconds: Double) -> DaemonHealth {
        var monitor = DaemonMonitor(at: start)
        _ = monitor.succeeded(at: time(seconds))
        return monitor.health
    }

    func unreachable(since seconds: Double) -> DaemonHealth {
        var monitor = DaemonMonitor(at: start)
        _ = monitor.succeeded(at: start)
        _ = monitor.failed(CoinDaemonError(.unreachable, "refused"), at: time(seconds), random: 0)
        return monitor.health
    }
}
