internal import EventLoop
internal import Mesh
internal import TestSupport
internal import Testing
internal import ZeroMQ

@testable internal import MeshZeroMQ

/// Two lives of an instance that stand at one endpoint: they share the connection.
@Suite(.timeLimit(.minutes(1))) struct PeerTableTests {
    private static let endpoint = "tcp://127.0.0.1:17000"

    @Test func theSecondAtAnEndpointIsConnectedWhenTheEndpointIs() {
        var table = PeerTable()
        #expect(table.add(LinkID(1), endpoint: Self.endpoint, routingID: [1]) == true)
        #expect(!table.isConnected(Self.endpoint))
        table.setConnected(true, at: Self.endpoint)
        #expect(table.add(LinkID(2), endpoint: Self.endpoint, routingID: [2]) == false)
        #expect(table.isConnected(Self.endpoint))
        #expect(table.links(at: Self.endpoint) == [LinkID(1), LinkID(2)])
        table.setConnected(false, at: Self.endpoint)
        #expect(!table.isConnected(Self.endpoint))
    }

    @Test func anEndpointStaysConnectedUntilItsLastPeerIsGone() {
        var table = PeerTable()
        for number in UInt8(1)...2 {
            _ = table.add(LinkID(UInt64(number)), endpoint: Self.endpoint, routingID: [number])
        }
        table.setConnected(true, at: Self.endpoint)
        #expect(table.remove(LinkID(1)) == nil)
        #expect(table.isConnected(Self.endpoint))
        #expect(table.remove(LinkID(2)) == Self.endpoint)
        #expect(!table.isConnected(Self.endpoint))
        // Who comes to it later has to be connected to anew.
        #expect(table.add(LinkID(3), endpoint: Self.endpoint, routingID: [3]) == true)
        #expect(!table.isConnected(Self.endpoint))
    }

    @Test func whatIsToldOfAnEndpointThatNobodyStandsAtIsNotKept() {
        var table = PeerTable()
        table.setConnected(true, at: Self.endpoint)
        #expect(!table.isConnected(Self.endpoint))
    }

    @Test func aSecondLifeAtAConnectedEndpointIsToldAtOnce() async throws {
        try await Workbench.withTransports { bench, server, client, told in
            let endpoint = try await bench.onLoop {
                let endpoint = try server.bind(routingID: "first")
                client.open(LinkID(1), endpoint: endpoint, routingID: "first")
                return endpoint
            }
            try await eventually("the first is connected") { told.events.values == ["1 connected"] }
            try await bench.onLoop { client.open(LinkID(2), endpoint: endpoint, routingID: "second") }
            try await eventually("the second is connected") { told.events.values == ["1 connected", "2 connected"] }
            // They share the connection; whom it leads to, the routing ids decide.
            let outcomes = try await bench.onLoop { (1...2).map { client.send([0xc0], on: LinkID($0)) } }
            #expect(outcomes == [.taken, .unroutable])

            try await bench.onLoop { server.close(linger: .zero) }
            try await eventually("both are told of the end") {
                Set(told.events.values.dropFirst(2)) == ["1 disconnected", "2 disconnected"]
            }
            // Nobody is connected to there any more: a third waits for the handshake.
            #expect(try await bench.onLoop { !client.peers.isConnected(endpoint) })
        }
    }
}
