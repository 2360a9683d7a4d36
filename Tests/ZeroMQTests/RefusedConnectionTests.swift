internal import Mesh
internal import TestSupport
internal import Testing
internal import ZeroMQ

@testable internal import MeshZeroMQ

/// What is said of an endpoint where somebody listens and no handshake succeeds.
@Suite(.timeLimit(.minutes(1))) struct RefusedConnectionTests {
    /// As a frozen process does: the system accepts connections for it.
    @Test func whoAcceptsAndDoesNotAnswerIsSaidToHang() async throws {
        let refusal = try await firstRefusal(by: .hang)
        #expect(refusal.hasPrefix("it accepted the connection and did not answer in time: its process hangs"))
        #expect(!refusal.contains("?"))
    }

    @Test(arguments: [RawServer.Behaviour.close, .answer("HTTP/1.1 400 Bad Request\r\n\r\n")])
    func whoSpeaksSomethingElseIsAskedAfter(_ behaviour: RawServer.Behaviour) async throws {
        let refusal = try await firstRefusal(by: behaviour)
        #expect(refusal.hasSuffix("; is it a ZeroMQ peer of this mesh?"))
    }

    @Test(arguments: [
        (MonitorEvent.HandshakeFailure.noDetail(errorName: "EPIPE"), "(EPIPE)"),
        (.protocolViolation(code: 0x1000_0001), "(0x10000001)"), (.authentication(status: 400), "(ZAP status 400)"),
    ])
    func everyOtherFailureIsSaidInWords(_ failure: MonitorEvent.HandshakeFailure, _ detail: String) {
        #expect(failure.words.hasSuffix(" \(detail); is it a ZeroMQ peer of this mesh?"))
    }

    /// What a transport tells first that connects to such a server, without the endpoint.
    private func firstRefusal(by behaviour: RawServer.Behaviour) async throws -> String {
        let server = try RawServer(behaviour)
        let endpoint = "tcp://127.0.0.1:\(server.port)"
        var first = ""
        try await Workbench.withTransports { bench, _, client, told in
            try await bench.onLoop { client.open(LinkID(1), endpoint: endpoint, routingID: "x") }
            try await eventually(within: .seconds(20), "a refusal") { told.refusals.count > 0 }
            first = try #require(told.refusals.values.first)
        }
        #expect(first.hasPrefix("\(endpoint): "))
        return String(first.dropFirst(endpoint.count + 2))
    }
}
