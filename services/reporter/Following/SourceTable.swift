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
        /// The store that has its entries: the origin itself, or one with copies.
        var store: UUID
        /// Which ownership this is: the highest counts, where two serve an origin.
        var epoch: UInt64
        /// How far it may be read.
        var acknowledgedThrough: UInt64
        /// How many shares are not counted yet.
        var depth: Int

        /// Whether it is rather read there than what the other says: in the newer ownership; where nobody owns it, at the origin itself, since
        /// copies end where they ceased to come; else from whoever has more. The instance's name decides between equal ones.
        fileprivate func isBetter(at instance: String, than other: Report, at otherInstance: String) -> Bool {
            if epoch != other.epoch { return epoch > other.epoch }
            if (store == origin) != (other.store == origin) { return store == origin }
            if acknowledgedThrough != other.acknowledgedThrough {
                return acknowledgedThrough > other.acknowledgedThrough
            }
            return instance > otherInstance
        }
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
                    !report.isBetter(at: instance, than: other.report, at: other.source.instance)
                {
                    continue
                }
                best[report.origin] = (ShareSource(origin: report.origin, instance: instance), report)
            }
        }
        return Dictionary(uniqueKeysWithValues: best.values.map { ($0.source, $0.report) })
    }

    /// The other instances that have entries of a source.
    func instances(besides source: ShareSource) -> [String] {
        reports.filter { $0.key != source.instance && $0.value.contains { $0.origin == source.origin } }.keys.sorted()
    }

    /// The sources that this reporter follows. It counts itself among the reporters whatever the others think of it: two that follow one
    /// source do no harm, and none would.
    var ownSources: Set<ShareSource> {
        let members = reporters.union([own])
        return Set(all.keys.filter { Rendezvous.owner(of: $0.name, among: members) == own })
    }
}
