internal import Testing

@testable internal import Mesh

@Suite struct RoutingTableTests {
    /// A table with a counter for its links.
    private struct Bench {
        var table = RoutingTable(service: "s")
        var last: UInt64 = 0

        mutating func apply(_ event: RegistryEvent, at time: Int64 = 0) -> [RoutingTable.Action] {
            var last = last
            defer { self.last = last }
            return table.apply(event, now: .at(time)) {
                last += 1
                return LinkID(last)
            }
        }

        mutating func set(_ state: RoutingTable.LinkState, _ link: UInt64, at time: Int64 = 0) -> [RoutingTable.Action]
        {
            table.setState(state, of: LinkID(link), now: .at(time))
        }

        var names: [String] { table.instances.map { "\($0.record.name.instance)#\($0.record.epoch)" } }
    }

    private func up() -> Bench {
        var bench = Bench()
        _ = bench.apply(.snapshot([record()]))
        _ = bench.set(.up, 1)
        return bench
    }

    @Test func aListedInstanceIsConnectedTo() {
        var bench = Bench()
        let actions = bench.apply(.updated(record()))
        #expect(actions == [.open(LinkID(1), endpoint: record().endpoint, routingID: record().routingID)])
        #expect(bench.table.instances[0].isRoutable == false)
        _ = bench.set(.up, 1)
        #expect(bench.table.instances[0].isRoutable)
    }

    @Test func anotherServiceIsNoConcern() {
        var bench = Bench()
        var other = record()
        other.name = InstanceName(service: "t", instance: "a")
        #expect(bench.apply(.updated(other)).isEmpty)
    }

    @Test func anEmptySnapshotForgetsNobodyWhoLives() {
        var bench = up()
        #expect(bench.apply(.snapshot([])).isEmpty)
        #expect(bench.table.instances[0].isRoutable)
    }

    @Test func unlistedAndDeadIsForgotten() {
        var bench = up()
        _ = bench.apply(.snapshot([]))
        #expect(bench.set(.down(since: .at(1)), 1, at: 1) == [.close(LinkID(1))])
        #expect(bench.names.isEmpty)
    }

    @Test func deadAndListedIsKept() {
        var bench = up()
        #expect(bench.set(.down(since: .at(1)), 1, at: 1).isEmpty)
        #expect(bench.table.tick(now: .at(3_600_000)).isEmpty)
        #expect(bench.names == ["a#10"])
    }

    @Test func whileTheRegistryIsAwayADeadOneIsTriedForTenMinutes() {
        var bench = up()
        _ = bench.apply(.snapshot([]))
        _ = bench.apply(.unreachable(reason: "away"))
        #expect(bench.set(.down(since: .at(0)), 1).isEmpty)
        #expect(bench.table.tick(now: .at(599_999)).isEmpty)
        #expect(bench.table.tick(now: .at(600_000)) == [.close(LinkID(1))])
    }

    @Test func aNewerLifeReplacesTheOlder() {
        var bench = up()
        let newer = record(epoch: 11)
        #expect(
            bench.apply(.updated(newer)) == [
                .close(LinkID(1)), .open(LinkID(2), endpoint: newer.endpoint, routingID: newer.routingID),
            ])
    }

    @Test func anOlderLifeIsNotBelievedWhileTheNewerLives() {
        var bench = up()
        #expect(bench.apply(.updated(record(epoch: 9))).isEmpty)
        #expect(bench.apply(.snapshot([record(epoch: 9)])).isEmpty)
        #expect(bench.names == ["a#10"])
    }

    @Test func anOlderLifeIsBelievedOnceTheNewerIsDead() {
        var bench = up()
        _ = bench.set(.down(since: .at(0)), 1)
        #expect(bench.apply(.updated(record(epoch: 9))).count == 2)
        #expect(bench.names == ["a#9"])
    }

    @Test func anOlderLifeIsBelievedWhenTheNewerCouldNeverBeReached() {
        var bench = Bench()
        _ = bench.apply(.updated(record()))
        #expect(bench.apply(.updated(record(epoch: 9)), at: 2999).isEmpty)
        #expect(bench.apply(.updated(record(epoch: 9)), at: 3000).count == 2)
        #expect(bench.names == ["a#9"])
    }

    @Test func twoProcessesOfOneEpochAreToldApart() {
        var bench = up()
        #expect(bench.apply(.updated(record(nonce: 2))).count == 2)
    }

    @Test func aDrainingInstanceTakesNothingNew() {
        var bench = up()
        bench.table.setDraining(LinkID(1))
        #expect(bench.table.instances[0].isRoutable == false)
        bench = up()
        _ = bench.apply(.updated(record(state: .draining)))
        #expect(bench.table.instances[0].isRoutable == false)
    }

    @Test func aGoodbyeOfAnotherLifeIsNoConcern() {
        var bench = up()
        _ = bench.apply(.left(record().name, 9))
        #expect(bench.table.instances[0].isRoutable)
        _ = bench.apply(.left(record().name, 10))
        #expect(bench.table.instances[0].isRoutable == false)
        #expect(bench.set(.down(since: .at(0)), 1) == [.close(LinkID(1))])
    }
}
