internal import Foundation
internal import Testing

@testable internal import reporter

/// Who follows which source.
@Suite struct RendezvousTests {
    private let keys = (0..<3_000).map { "origin-\($0)" }
    private let members = (1...6).map { "reporter-\($0)" }

    @Test func `all are about equally busy, and the order in which they are known is nothing`() {
        let counts = Dictionary(grouping: keys) { Rendezvous.owner(of: $0, among: members) }.mapValues(\.count)
        #expect(counts.count == 6)
        for count in counts.values { #expect((400...600).contains(count)) }
        for key in keys {
            #expect(Rendezvous.owner(of: key, among: members) == Rendezvous.owner(of: key, among: members.reversed()))
        }
        #expect(Rendezvous.owner(of: "a", among: [String]()) == nil)
        // What it was in an earlier version, so that two versions side by side agree.
        #expect(Rendezvous.owner(of: "origin-0", among: members) == "reporter-4")
    }

    @Test func `when one leaves, what it had moves and nothing else`() {
        for gone in members {
            let rest = members.filter { $0 != gone }
            var heirs: Set<String> = []
            for key in keys {
                let (before, after) = (
                    Rendezvous.owner(of: key, among: members), Rendezvous.owner(of: key, among: rest)
                )
                if before == gone { heirs.insert(after ?? "") } else { #expect(before == after) }
            }
            #expect(heirs == Set(rest))
        }
    }

    @Test func `of two instances that serve an origin the newer ownership counts`() {
        let (first, second) = (UUID(), UUID())
        func report(_ origin: UUID, _ epoch: UInt64) -> SourceTable.Report {
            SourceTable.Report(origin: origin, store: origin, epoch: epoch, acknowledgedThrough: 1, depth: 1)
        }
        var table = SourceTable(own: "reporter-1")
        table.setInstances(["stratum-1", "stratum-2"])
        table.put([report(first, 0)], of: "stratum-1")
        table.put([report(second, 0), report(first, 3)], of: "stratum-2")
        #expect(
            Set(table.all.keys) == [
                ShareSource(origin: first, instance: "stratum-2"), ShareSource(origin: second, instance: "stratum-2"),
            ])
        // Without another reporter all of them are its own; what it does not follow, the other does.
        #expect(table.ownSources == Set(table.all.keys))
        var other = SourceTable(own: "reporter-2")
        other.put([report(second, 0), report(first, 3)], of: "stratum-2")
        for reporters in [["reporter-1", "reporter-2"]] {
            table.setReporters(reporters)
            other.setReporters(reporters)
        }
        #expect(table.ownSources.isDisjoint(with: other.ownSources))
        #expect(table.ownSources.union(other.ownSources) == Set(table.all.keys))
        table.setInstances(["stratum-1"])
        #expect(Set(table.all.keys) == [ShareSource(origin: first, instance: "stratum-1")])
    }

    @Test func `of several that serve an origin which nobody owns, the origin itself is followed, or who has most`() {
        let origin = UUID()
        func report(at store: UUID, through sequence: UInt64) -> SourceTable.Report {
            SourceTable.Report(origin: origin, store: store, epoch: 0, acknowledgedThrough: sequence, depth: 1)
        }
        var table = SourceTable(own: "reporter-1")
        func followed() -> [String] { table.all.keys.map(\.instance) }
        table.put([report(at: origin, through: 1)], of: "stratum-1")
        table.put([report(at: UUID(), through: 7)], of: "stratum-2")
        table.put([report(at: UUID(), through: 8)], of: "stratum-3")
        table.put([report(at: UUID(), through: 7)], of: "stratum-4")
        #expect(followed() == ["stratum-1"])
        let source = ShareSource(origin: origin, instance: "stratum-1")
        #expect(table.instances(besides: source) == ["stratum-2", "stratum-3", "stratum-4"])
        table.setInstances(["stratum-2", "stratum-3", "stratum-4"])
        #expect(followed() == ["stratum-3"])
        table.setInstances(["stratum-2", "stratum-4"])
        #expect(followed() == ["stratum-4"])
        #expect(table.instances(besides: ShareSource(origin: UUID(), instance: "stratum-9")).isEmpty)
    }
}
