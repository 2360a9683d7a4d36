internal import TestSupport
internal import Testing
internal import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct ErrorTests {
    @Test func aTakenPortNamesTheEndpointAndTheWayOut() async throws {
        try await Workbench.run { bench in
            let first = try await bench.open(.router, name: "first")
            let endpoint = try await first.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let second = try await bench.open(.router, name: "second")
            let error = await #expect(throws: ZeroMQError.self) { try await second.use { try $0.bind(to: endpoint) } }
            #expect(error?.code == .addressInUse)
            #expect(error?.errorName == "EADDRINUSE")
            let text = try #require(error).description
            #expect(
                text == """
                    binding \(endpoint) (socket “second”) failed: Address already in use (EADDRINUSE); \
                    take another port, or stop the process that holds this one (ss -ltnp)
                    """)
        }
    }

    @Test(arguments: [
        ("tcp:/127.0.0.1", ZeroMQError.Code.invalidEndpoint), ("carrier-pigeon://a", .invalidEndpoint),
        ("tcp://192.0.2.1:*", .addressNotAvailable), ("ipc:///nonexistent/folder/socket", .noSuchEndpoint),
    ])
    func anEndpointThatCannotBeBoundIsExplained(endpoint: String, code: ZeroMQError.Code) async throws {
        try await Workbench.run { bench in
            let socket = try await bench.open(.router, name: "server")
            let error = await #expect(throws: ZeroMQError.self) { try await socket.use { try $0.bind(to: endpoint) } }
            #expect(error?.code == code)
            #expect(error?.subject.contains(endpoint) == true)
        }
    }

    @Test func anEndpointNeverConnectedToCannotBeLeft() async throws {
        try await Workbench.run { bench in
            let socket = try await bench.open(.router, name: "client")
            let error = await #expect(throws: ZeroMQError.self) {
                try await socket.use { try $0.disconnect(from: "tcp://127.0.0.1:1") }
            }
            #expect(error?.code == .noSuchEndpoint)
        }
    }

    @Test func anOptionOutOfRangeIsNamedAndTheSocketGone() async throws {
        try await Workbench.run { bench in
            var options = SocketOptions()
            options.routingID = [UInt8](repeating: 1, count: 256)
            let chosen = options
            let error = await #expect(throws: ZeroMQError.self) {
                try await bench.open(.router, name: "server", options: chosen)
            }
            #expect(error?.code == .invalidOption)
            #expect(error?.subject == "routingID of 256 bytes (socket “server”)")
        }
    }

    @Test func aContextRefusesToEndWhileASocketIsOpenInsteadOfHanging() async throws {
        try await Workbench.run { bench in
            let socket = try await bench.open(.router, name: "forgotten") { try $0.startMonitor { _ in } }
            let error = await #expect(throws: ZeroMQError.self) { try await bench.context.shutdown() }
            #expect(error?.code == .socketsOpen)
            #expect(error?.description.contains("sockets are open: forgotten, monitor of “forgotten”") == true)
            try await socket.use { $0.close() }
            try await bench.context.shutdown()
            let late = await #expect(throws: ZeroMQError.self) { try await bench.open(.router, name: "late") }
            #expect(late?.code == .contextTerminated)
        }
    }

    @Test func aContextEndsOnlyWhenWhatLingersIsSent() async throws {
        try await Workbench.run { bench in
            let received = Seen<String>()
            let server = try await bench.open(.router, name: "server") { try $0.collect(in: received) }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let context = try Context()
            let loop = bench.loop
            try await bench.onLoop {
                var options = SocketOptions()
                options.linger = .seconds(5)
                options.immediate = false
                let client = try Socket(.dealer, name: "client", options: options, context: context, loop: loop)
                try client.connect(to: endpoint)
                for index in 0..<100 { #expect(try client.send([Frame("\(index)")]) == .sent) }
                client.close()
            }
            try await context.shutdown()
            try await eventually("all hundred") { received.count == 100 }
        }
    }

    @Test func aContextLastsUntilItsLastSocket() async throws {
        try await Workbench.run { bench in
            let loop = bench.loop
            let socket = try await bench.onLoop {
                let context = try Context()
                return Confined(
                    socket: try Socket(.router, name: "server", context: context, loop: loop), bench: bench)
            }
            let endpoint = try await socket.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            #expect(endpoint.hasPrefix("tcp://127.0.0.1:"))
            try await socket.use { $0.close() }
        }
    }
}
