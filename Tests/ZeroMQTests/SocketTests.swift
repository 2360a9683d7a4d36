internal import EventLoop
internal import Testing
internal import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    @Test func aRouterReachesARouterByItsRoutingIDAtTheFirstSendAfterTheHandshake() async throws {
        try await Bench.run { bench in
            let received = Seen<String>()
            let sent = Seen<SendResult>()
            let sockets = try await bench.onLoop {
                var options = SocketOptions()
                options.routingID = Array("a#1#n".utf8)
                let server = try Socket(
                    .router, name: "server", options: options, context: bench.context, loop: bench.loop)
                let endpoint = try server.bind(to: "tcp://127.0.0.1:*")
                #expect(endpoint.hasPrefix("tcp://127.0.0.1:"))
                try server.start(
                    receive: { message in
                        guard let envelope = Envelope(message) else { return received.add("malformed") }
                        received.add(envelope.payload.description)
                        _ = try? server.send(Array("pong".utf8), to: envelope.route)
                    }, failed: { received.add("\($0)") })

                let client = try Socket(.router, name: "client", context: bench.context, loop: bench.loop)
                let route = Route(peer: Frame("a#1#n"))
                try client.start(
                    receive: { message in received.add(Envelope(message)?.payload.description ?? "malformed") },
                    failed: { received.add("\($0)") })
                try client.startMonitor { event in
                    guard event.kind == .handshakeSucceeded, event.endpoint == endpoint else { return }
                    if let result = try? client.send(Array("ping".utf8), to: route) { sent.add(result) }
                }
                #expect(try client.send(Array("too early".utf8), to: route) == .unroutable)
                try client.connect(to: endpoint)
                return [Confined(server), Confined(client)]
            }
            #expect(await received.wait(on: bench.loop) { $0.count == 2 })
            #expect(received.values == ["“ping”", "“pong”"])
            #expect(sent.values == [.sent])
            try await bench.onLoop { sockets.forEach { $0.socket.close() } }
        }
    }
}
