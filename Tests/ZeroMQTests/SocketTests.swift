internal import EventLoop
internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct SocketTests {
    @Test func aRouterReachesARouterByItsRoutingIDAtTheFirstSendAfterTheHandshake() async throws {
        try await Workbench.run { bench in
            let received = Seen<String>()
            let sent = Seen<SendResult>()
            var options = SocketOptions()
            options.routingID = Array("a#1#n".utf8)
            let server = try await bench.open(.router, name: "server", options: options) { socket in
                try socket.start(
                    receive: { message in
                        guard let envelope = Envelope(message) else { return received.add("malformed") }
                        received.add(envelope.payload.text)
                        _ = try? socket.send(Array("pong".utf8), to: envelope.path)
                    }, failed: { received.add("\($0)") })
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            #expect(endpoint.hasPrefix("tcp://127.0.0.1:"))
            let route = RoutingPath(peer: Frame("a#1#n"))
            let tooEarly = try await bench.open(.router, name: "client") { socket in
                try socket.start(
                    receive: { received.add(Envelope($0)?.payload.text ?? "malformed") },
                    failed: { received.add("\($0)") })
                try socket.startMonitor { event in
                    guard event.kind == .handshakeSucceeded, event.endpoint == endpoint else { return }
                    if let result = try? socket.send(Array("ping".utf8), to: route) { sent.add(result) }
                }
            }.use { socket in
                let result = try socket.send(Array("too early".utf8), to: route)
                try socket.connect(to: endpoint)
                return result
            }
            #expect(tooEarly == .unroutable)
            try await eventually("ping and pong") { received.count == 2 }
            #expect(received.values == ["ping", "pong"])
            #expect(sent.values == [.sent])
        }
    }

    @Test func manyMessagesArriveInOrderAndTheirMemoryIsFreed() async throws {
        try await Workbench.run { bench in
            let total = 20_000
            let server = try await bench.open(.router, name: "echo") { socket in
                try socket.start(
                    receive: { message in
                        let envelope = Envelope(message)!
                        _ = try? socket.send(envelope.payload, to: envelope.path)
                    }, failed: { _ in })
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let echoed = Seen<Int>()
            let client = try await bench.open(.dealer, name: "client") { socket in
                try socket.start(
                    receive: { message in
                        Envelope(message)!.payload.withBytes { echoed.add(Int($0.loadUnaligned(as: Int64.self))) }
                    }, failed: { _ in })
                try socket.connect(to: endpoint)
            }
            try await eventually("a connection") { try await client.use { $0.events.contains(.writable) } }
            // Fewer in flight than any queue on the way takes, so that none is refused.
            @Sendable func exchange(_ range: Range<Int>) async throws {
                for first in stride(from: range.lowerBound, to: range.upperBound, by: 5000) {
                    let refused = try await client.use { socket in
                        try (first..<first + 5000).count { number in
                            // A kilobyte that begins with the message's number.
                            var payload = [UInt8](repeating: 0, count: 1024)
                            payload.withUnsafeMutableBytes { $0.storeBytes(of: Int64(number), as: Int64.self) }
                            return try socket.send(payload, to: nil) != .sent
                        }
                    }
                    #expect(refused == 0)
                    try await eventually("\(first + 5000) echoes") { echoed.count == first + 5000 }
                }
            }
            try await exchange(0..<total)
            let warm = try residentKibibytes()
            for round in 1...4 { try await exchange(round * total..<(round + 1) * total) }
            #expect(echoed.values == Array(0..<5 * total))
            // 80 MB have passed in each direction since, and other tests run beside this one.
            #expect(try residentKibibytes() - warm < 40 * 1024)
        }
    }

    @Test func surplusFramesAreDroppedAndSaidToBe() async throws {
        try await Workbench.run { bench in
            var options = SocketOptions()
            options.maximumFrames = 4
            let seen = Seen<Multipart>()
            let server = try await bench.open(.router, name: "server", options: options) { socket in
                try socket.start(receive: { seen.add($0) }, failed: { _ in })
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let client = try await bench.open(.dealer, name: "client") { try $0.connect(to: endpoint) }
            for count in [10, 3] {
                let frames = (0..<count).map { Frame("\($0)") }
                try await eventually("a connection") { try await client.use { try $0.send(frames) } == .sent }
            }
            try await eventually("two messages") { seen.count == 2 }
            #expect(seen.values.map(\.droppedFrames) == [7, 0])
            #expect(seen.values.map { $0.frames.dropFirst().map(\.text) } == [["0", "1", "2"], ["0", "1", "2"]])
            #expect(Envelope(seen.values[0]) == nil)
        }
    }

    @Test func aFullPeerIsToldFromAnUnknownOne() async throws {
        try await Workbench.run { bench in
            var options = SocketOptions()
            options.routingID = Array("slow".utf8)
            // A peer that is full is not read, its heartbeats neither: the connection must not break before the queue is full.
            options.heartbeatInterval = .seconds(60)
            options.heartbeatTimeout = .seconds(60)
            options.receiveHighWaterMark = 10
            options.sendHighWaterMark = 10
            let server = try await bench.open(.router, name: "never reads", options: options)
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let client = try await bench.open(.router, name: "client", options: options) { socket in
                try socket.connect(to: endpoint)
            }
            let payload = Frame([UInt8](repeating: 7, count: 256 * 1024))
            let route = RoutingPath(peer: Frame("slow"))
            try await eventually("a route") { try await client.use { try $0.send(payload, to: route) } == .sent }
            try await eventually("a full queue") {
                try await client.use { try $0.send(payload, to: route) } == .wouldBlock
            }
            let unknown = try await client.use { try $0.send(payload, to: RoutingPath(peer: Frame("nobody"))) }
            #expect(unknown == .unroutable)
            let another = try await client.use { socket in
                try Frame("no other").withBytes { peer in
                    try payload.withBytes { try socket.send($0, toPeer: peer) }
                }
            }
            #expect(another == .unroutable)
        }
    }

    @Test func aBusySocketLeavesTheOtherItsTurnAfterABatch() async throws {
        try await Workbench.run { bench in
            let order = Seen<String>()
            var servers: [Confined] = []
            for (name, count) in [("busy", 1000), ("quiet", 1)] {
                let server = try await bench.open(.router, name: name)
                let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
                let client = try await bench.open(.dealer, name: "to \(name)") { try $0.connect(to: endpoint) }
                for _ in 0..<count {
                    try await eventually("a connection") {
                        try await client.use { try $0.send([Frame("x")]) } == .sent
                    }
                }
                try await eventually("a message") { try await server.use { $0.events.contains(.readable) } }
                servers.append(server)
            }
            let ready = servers
            try await bench.onLoop {
                for server in ready {
                    let socket = server.socket
                    try socket.start(batch: 10, receive: { _ in order.add(socket.name) }, failed: { _ in })
                }
            }
            try await eventually("all") { order.count == 1001 }
            let turn = try #require(order.values.firstIndex(of: "quiet"))
            #expect(turn <= 10)
        }
    }

    @Test func aSocketMayBeClosedByItsOwnHandlerAndAgain() async throws {
        try await Workbench.run { bench in
            let received = Seen<String>()
            let server = try await bench.open(.router, name: "server") { socket in
                try socket.start(
                    receive: { _ in
                        received.add("one")
                        socket.close()
                    }, failed: { received.add("\($0)") })
                try socket.startMonitor { _ in }
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let client = try await bench.open(.dealer, name: "client") { try $0.connect(to: endpoint) }
            try await eventually("a connection") {
                try await client.use { try $0.send([Frame("a")]) } == .sent
            }
            try await eventually("the end") { try await server.use { $0.isClosed } }
            #expect(received.values == ["one"])
            try await server.use { $0.close() }
            let error = await #expect(throws: ZeroMQError.self) {
                try await server.use { try $0.send([Frame("b")]) }
            }
            #expect(error?.code == .socketClosed)
        }
    }

    @Test func listeningAndConnectingEndByTheEndpointsThatWereGiven() async throws {
        try await Workbench.run { bench in
            let server = try await bench.open(.router, name: "server")
            let client = try await bench.open(.router, name: "client")
            for address in ["tcp://127.0.0.1:*", "tcp://[::1]:*", "inproc://here"] {
                let endpoint = try await server.use { try $0.bind(to: address) }
                try await client.use { try $0.connect(to: endpoint) }
                try await client.use { try $0.disconnect(from: endpoint) }
                try await server.use { try $0.unbind(from: endpoint) }
            }
        }
    }
}

/// What this process holds in memory, from /proc/self/statm.
private func residentKibibytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return Int(fields[1])! * 4
}
