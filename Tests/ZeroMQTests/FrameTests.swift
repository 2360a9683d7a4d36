internal import TestSupport
internal import Testing

@testable internal import ZeroMQ

@Suite(.timeLimit(.minutes(1))) struct FrameTests {
    @Test(arguments: [0, 1, 29, 33, 34, 1000, 65_535, 65_536, 1_000_000])
    func aFrameKeepsItsBytes(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let frame = Frame(bytes)
        #expect(frame.count == count)
        #expect(frame.bytes == bytes)
        #expect(frame == bytes.withUnsafeBytes { Frame(copying: $0) })
        #expect(frame.hashValue == Frame(bytes).hashValue)
    }

    @Test func aLentArrayDoesNotChangeWithItsOwner() {
        var bytes = [UInt8](repeating: 1, count: 100_000)
        let frame = Frame(bytes)
        bytes[0] = 2
        #expect(frame.withBytes { $0[0] } == 1)
    }

    @Test(arguments: [5, 100, 100_000]) func bytesStayInPlaceWithTheirOwner(count: Int) {
        let (bytes, owner) = { (frame: Frame) in (frame.unsafeBytes, frame.owner) }(
            Frame([UInt8](repeating: 9, count: count)))
        #expect(withExtendedLifetime(owner) { bytes.count == count && bytes.allSatisfy { $0 == 9 } })
    }

    @Test func framesMayBeReadOnAnyThreadAfterTheirSocketIsGone() async throws {
        try await Workbench.run { bench in
            let seen = Seen<Multipart>()
            let server = try await bench.open(.router, name: "server") { socket in
                try socket.start(receive: { seen.add($0) }, failed: { _ in })
            }
            let endpoint = try await server.use { try $0.bind(to: "tcp://127.0.0.1:*") }
            let client = try await bench.open(.dealer, name: "client") { try $0.connect(to: endpoint) }
            let sizes = [1, 20, 33, 34, 500, 8000, 8193, 70_000, 1_000_000]
            for (index, size) in sizes.enumerated() {
                let payload = Frame([UInt8](repeating: UInt8(index), count: size))
                try await eventually("a connection") {
                    try await client.use { try $0.send(payload, to: nil) } == .sent
                }
            }
            try await eventually("all") { seen.count == sizes.count }
            try await client.use { $0.close() }
            try await server.use { $0.close() }
            let messages = seen.values
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for (index, message) in messages.enumerated() {
                            let payload = try #require(Envelope(message)).payload
                            #expect(payload.count == sizes[index])
                            #expect(payload.withBytes { $0.allSatisfy { $0 == UInt8(index) } })
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: [
        (["", "p"], [], "p"), (["a", "", "p"], ["a"], "p"), (["a", "b", "c", "", "p"], ["a", "b", "c"], "p"),
        (["a", "", ""], ["a"], ""),
    ])
    func anEnvelopeIsRouteDelimiterPayload(frames: [String], route: [String], payload: String) throws {
        let envelope = try #require(Envelope(message(frames)))
        #expect(envelope.payload.text == payload)
        #expect(([envelope.path?.peer].compactMap(\.self) + (envelope.path?.hops ?? [])).map(\.text) == route)
    }

    @Test(arguments: [[], ["p"], ["a", "p"], ["a", "", "p", "q"], ["a", "", "", "p"], ["a", "b", "", "c", "", "p"]])
    func whatIsNoEnvelopeIsRefused(frames: [String]) {
        #expect(Envelope(message(frames)) == nil)
    }

    @Test(arguments: [
        ("tcp://[::ffff:127.0.0.1]:80", "tcp://127.0.0.1:80"), ("tcp://[::1]:80", "tcp://[::1]:80"),
        ("tcp://[::ffff:0:1]:80", "tcp://[::ffff:0:1]:80"), ("inproc://a", "inproc://a"),
    ])
    func anEndpointIsWrittenPlainly(raw: String, plain: String) {
        #expect(Endpoint.plain(raw) == plain)
    }

    @Test(arguments: [(Duration.zero, 0), (.microseconds(1), 1), (.milliseconds(1), 1), (.seconds(2), 2000)])
    func aDurationIsRoundedUpToMilliseconds(duration: Duration, milliseconds: Int) {
        #expect(duration.wholeMilliseconds == milliseconds)
    }

    private func message(_ frames: [String]) -> Multipart {
        var message = Multipart()
        message.frames = frames.map { Frame($0) }
        return message
    }
}
