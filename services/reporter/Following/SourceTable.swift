internal import Foundation

/// A source of shares: what one store took in, at the instance that serves it.
struct ShareSource: Sendable, Hashable {
    /// The store.
    var origin: UUID
    /// The instance of the stratum servers that serves it.
    var instance: String

    /// The origin as it stands in Redis and in logs.
    var name: String { origin.uuidString.lowercased() }
}

/// Which sources there are, and which of them are this reporter's. A value: what instances say goes in.
struct SourceTable: Sendable {
    /// What an instance says of an origin that it serves.
    struct Report: Sendable, Equatable {
        var origin: UUID
        /// Which ownership this is: the highest counts, where two serve an origin.
        var epoch: UInt64
        /// How far it may be read.
        var acknowledgedThrough: UInt64
        /// How many shares are not counted yet.
        var depth: Int
    }

    private var reports: [String: [Report]] = [:]
    private var reporters: Set<String> = []
    private let own: String

    /// - Parameter own: This reporter.
    init(own: String) { self.own = own }

    /// The instances that there are; what others said is forgotten.
    mutating func setInstances(_ instances: some Sequence<String>) {
        let present = Set(instances)
        reports = reports.filter { present.contains($0.key) }
    }

    /// An instance has said what it serves.
    mutating func put(_ report: [Report], of instance: String) { reports[instance] = report }

    /// The reporters that are ready.
    mutating func setReporters(_ reporters: some Sequence<String>) { self.reporters = Set(reporters) }

    /// Every source, where it is served, with what was said of it.
    var all: [ShareSource: Report] {
        var best: [UUID: (source: ShareSource, report: Report)] = [:]
        for (instance, reports) in reports {
            for report in reports {
                if let other = best[report.origin],
                    (other.report.epoch, other.source.instance) > (report.epoch, instance)
                {
                    continue
                }
                best[report.origin] = (ShareSource(origin: report.origin, instance: instance), report)
            }
        }
        return Dictionary(uniqueKeysWithValues: best.values.map { ($0.source, $0.report) })
    }

    /// The sources that this reporter follows. It counts itself among the reporters whatever the others think of it: two that follow one
    /// source do no harm, and none would.
    var ownSources: Set<ShareSource> {
        let members = reporters.union([own])
        return Set(all.keys.filter { Rendezvous.owner(of: $0.name, among: members) == own })
    }
}
