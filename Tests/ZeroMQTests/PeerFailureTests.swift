internal import EventLoop
internal import Glibc
internal import TestSupport
internal import Testing
internal import ZeroMQ

/// What the monitor tells of peers that die, freeze, return, or were never peers.
@Suite(.timeLimit(.minutes(1))) struct PeerFailureTests {
    @Test func aClosedPeerIsNoticedWithoutAHeartbeatAndItsReturnUnderTheSameEndpoint() async throws {
        try await Workbench.run { bench in
            var options = SocketOptions()
            options.heartbeatInterval = .seconds(60)
            options.heartbeatTimeout = .seconds(60)
            options.heartbeatTimeToLive = .seconds(60)
            let server = try await bench.open(.router, name: "server", options: options)
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let seen = Seen<MonitorEvent>()
            _ = try await bench.open(.dealer, name: "client", options: options) { socket in
                try socket.collectEvents(in: seen)
                try socket.connect(to: endpoint)
            }
            try await eventually("handshake") { seen.kinds.contains(.handshakeSucceeded) }
            try await server.use { $0.close() }
            try await eventually("disconnected") { seen.kinds.contains(.disconnected) }

            let successor = try await bench.open(.router, name: "successor")
            try await eventually("the port") {
                // The old listener is closed by libzmq's own thread.
                (try? await successor.use { try $0.bind(to: endpoint) }) != nil
            }
            try await eventually("second handshake") { seen.kinds.count { $0 == .handshakeSucceeded } == 2 }
            #expect(Set(seen.values.map(\.endpoint)) == [endpoint])
        }
    }

    @Test func aFrozenPeerIsNoticedByHeartbeatsAndReachableAgainWhenItGoesOn() async throws {
        try await Workbench.run { bench in
            let peer = try ChildProcess.start("/usr/bin/env", ["python3", "-c", Self.listeningPeer])
            let endpoint = try await peer.waitForLine { $0.hasPrefix("tcp://") }
            let seen = Seen<MonitorEvent>()
            _ = try await bench.open(.dealer, name: "client") { socket in
                try socket.collectEvents(in: seen)
                try socket.connect(to: endpoint)
            }
            try await eventually("handshake") { seen.kinds.contains(.handshakeSucceeded) }
            let start = ContinuousClock.now
            peer.signal(SIGSTOP)
            try await eventually("disconnected") { seen.kinds.contains(.disconnected) }
            let elapsed = ContinuousClock.now - start
            #expect(elapsed > .milliseconds(300) && elapsed < .seconds(2))
            peer.signal(SIGCONT)
            try await eventually("second handshake") { seen.kinds.count { $0 == .handshakeSucceeded } >= 2 }
            try await peer.kill()
        }
    }

    @Test func aPeerThatNoLongerReadsIsGivenUpOnceItsQueueIsFull() async throws {
        try await Workbench.run { bench in
            var options = SocketOptions()
            options.receiveHighWaterMark = 10
            options.sendHighWaterMark = 10
            let server = try await bench.open(.router, name: "never reads", options: options)
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let seen = Seen<MonitorEvent>()
            let client = try await bench.open(.dealer, name: "client", options: options) { socket in
                try socket.collectEvents(in: seen)
                try socket.connect(to: endpoint)
            }
            try await eventually("a connection") { try await client.use { $0.events.contains(.writable) } }
            let payload = Frame([UInt8](repeating: 7, count: 256 * 1024))
            try await eventually("a full queue") {
                try await client.use { try $0.send(payload, to: nil) } == .wouldBlock
            }
            // Its I/O thread has stopped reading the connection, and so does not see the PINGs either.
            try await eventually("disconnected") { seen.kinds.contains(.disconnected) }
        }
    }

    @Test func anOversizedMessageCostsItsSenderTheConnectionAndNobodyElse() async throws {
        try await Workbench.run { bench in
            var options = SocketOptions()
            options.maximumMessageBytes = 1000
            let received = Seen<String>()
            let server = try await bench.open(.router, name: "server", options: options) { socket in
                try socket.start(
                    receive: { message in
                        let envelope = Envelope(message)!
                        received.add("\(envelope.payload.count)")
                        _ = try? socket.send(envelope.payload, to: envelope.path)
                    }, failed: { received.add("\($0)") })
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let seen = Seen<MonitorEvent>()
            let good = try await bench.open(.dealer, name: "good") { try $0.connect(to: endpoint) }
            let bad = try await bench.open(.dealer, name: "bad") { socket in
                try socket.collectEvents(in: seen)
                try socket.connect(to: endpoint)
            }
            let fits = [UInt8](repeating: 1, count: 1000)
            let tooMuch = [UInt8](repeating: 1, count: 1001)
            for (client, payload) in [(good, fits), (bad, tooMuch), (good, fits)] {
                try await eventually("a connection") { try await client.use { try $0.send(payload, to: nil) } == .sent }
            }
            try await eventually("the offender's disconnection") { seen.kinds.contains(.disconnected) }
            try await eventually("both good ones") { received.values == ["1000", "1000"] }
            try await eventually("their replies") { try await good.use { $0.events.contains(.readable) } }
        }
    }

    @Test func aPeerThatDoesNotSpeakZMTPIsRefusedAndNamed() async throws {
        try await Workbench.run { bench in
            let seen = Seen<MonitorEvent>()
            var options = SocketOptions()
            options.handshakeInterval = .milliseconds(200)
            let server = try await bench.open(.router, name: "server", options: options) { socket in
                try socket.collectEvents(in: seen)
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let port = endpoint.split(separator: ":").last!
            let request = "exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
            let stranger = try ChildProcess.start("/bin/bash", ["-c", request])
            try await eventually("a failed handshake") {
                seen.values.contains { event in
                    guard case .handshakeFailed = event.kind else { return false }
                    return event.endpoint == endpoint
                }
            }
            try await stranger.waitForExit()
        }
    }

    @Test func anEndpointWhereNobodyListensIsTriedAgainAndSaidSo() async throws {
        try await Workbench.run { bench in
            let endpoint = "tcp://127.0.0.1:\(try FreePort.pick())"
            let seen = Seen<MonitorEvent>()
            _ = try await bench.open(.router, name: "client") { socket in
                try socket.collectEvents(in: seen)
                try socket.connect(to: endpoint)
            }
            try await eventually("three retries") {
                seen.kinds.count { if case .connectRetried = $0 { true } else { false } } >= 3
            }
            #expect(Set(seen.values.map(\.endpoint)) == [endpoint])
        }
    }

    @Test func aBurstOfEventsThatNobodyReadsDoesNotHoldUpTheClose() async throws {
        try await Workbench.run { bench in
            let endpoint = "tcp://127.0.0.1:\(try FreePort.pick())"
            var options = SocketOptions()
            options.reconnectInterval = .milliseconds(1)
            options.maximumReconnectInterval = .milliseconds(1)
            let client = try await bench.open(.dealer, name: "client", options: options) { socket in
                try socket.collectEvents(in: Seen())
            }
            let elapsed = try await client.use { socket in
                // The loop reads no event in here, and each connection makes several.
                for _ in 0..<3000 { try socket.connect(to: endpoint) }
                let start = ContinuousClock.now
                socket.close()
                return ContinuousClock.now - start
            }
            #expect(elapsed < .seconds(5))
        }
    }

    /// Binds a ROUTER with libzmq itself, says where, and waits for ever.
    private static let listeningPeer = """
        import ctypes, signal
        zmq = ctypes.CDLL("libzmq.so.5")
        zmq.zmq_ctx_new.restype = zmq.zmq_socket.restype = ctypes.c_void_p
        zmq.zmq_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
        zmq.zmq_bind.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        zmq.zmq_getsockopt.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        socket = zmq.zmq_socket(zmq.zmq_ctx_new(), 6)
        assert zmq.zmq_bind(socket, b"tcp://127.0.0.1:*") == 0
        text, size = ctypes.create_string_buffer(256), ctypes.c_size_t(256)
        assert zmq.zmq_getsockopt(socket, 32, text, ctypes.byref(size)) == 0
        print(text.value.decode(), flush=True)
        signal.pause()
        """
}

extension Seen<MonitorEvent> {
    var kinds: [MonitorEvent.Kind] { values.map(\.kind) }
}
