internal import Stratum
internal import TestSupport
internal import Testing

@testable internal import stratum

/// Proxies, limits and bans over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct GuardTests {
    private static let trusted = AddressRange.list("127.0.0.1") ?? []
    private static let subscribe = #"{"id":1,"method":"mining.subscribe","params":[]}"# + "\n"

    // MARK: The PROXY protocol

    @Test func theMinersAddressAndTheProxysIdAreTaken() async throws {
        try await withServer({ $0.proxies = Self.trusted }) { scene in
            let first = try await scene.miner()
            first.send(raw: Array("PROXY TCP4 192.0.2.7 192.0.2.1 50000 3333\r\n".utf8))
            try await first.logIn()
            let second = try await scene.miner()
            // Byte by byte, as a network may deliver it.
            for byte in proxyV2(source: [203, 0, 113, 9], uniqueID: Array("frontend-17".utf8)) {
                try await second.sendAll(raw: [byte])
            }
            try await second.logIn(worker: "address.second")
            try await eventually("both are told of") { scene.kept.all.connected.count == 2 }
            let infos = scene.kept.all.connected
            #expect(Set(infos.map(\.address)) == ["192.0.2.7", "203.0.113.9"])
            #expect(infos.compactMap(\.proxyID) == ["frontend-17"])
        }
    }

    @Test(arguments: [Array("PROXY TCP4 192.0.2.7 192.0.2.1 50000 3333\r\n".utf8), proxyV2(source: [1, 2, 3, 4])])
    func aHeaderFromAnUntrustedAddressEndsTheConnection(_ header: [UInt8]) async throws {
        try await withServer { scene in
            let miner = try await scene.miner()
            miner.send(raw: header + Array(Self.subscribe.utf8))
            try await miner.waitUntilClosed()
            #expect(miner.lines.isEmpty)
            _ = try await scene.miningMiner()
        }
    }

    @Test func aTrustedAddressWithoutAHeaderIsRefused() async throws {
        try await withServer({ $0.proxies = Self.trusted }) { scene in
            let miner = try await scene.miner()
            miner.send(raw: Array(Self.subscribe.utf8))
            try await miner.waitUntilClosed()
            #expect(miner.lines.isEmpty)
        }
    }

    @Test func aTrustedAddressThatSaysNothingIsDisconnected() async throws {
        try await withServer({
            $0.proxies = Self.trusted
            $0.handshakeTimeout = .seconds(1)
        }) { scene in
            try await scene.miner().waitUntilClosed()
        }
    }

    @Test(arguments: [
        "PROXY TCP4 192.0.2.7\r\n", "PROXY TCP4 x y 1 2\r\n", "PROXY " + String(repeating: "a", count: 200),
    ])
    func aWrongHeaderEndsTheConnection(_ header: String) async throws {
        try await withServer({ $0.proxies = Self.trusted }) { scene in
            let miner = try await scene.miner()
            miner.send(raw: Array(header.utf8))
            try await miner.waitUntilClosed()
        }
    }

    @Test func aPortMayBeForMinersWithoutAProxy() async throws {
        try await withServer(
            listen: "127.0.0.1:0?proxy=off", { $0.proxies = Self.trusted }
        ) { scene in
            try await scene.miner().logIn()
        }
    }

    // MARK: Limits

    @Test func anAddressHasOnlySoManyConnections() async throws {
        try await withServer({ $0.limits.connectionsPerAddress = 2 }) { scene in
            let first = try await scene.miningMiner()
            let second = try await scene.miningMiner()
            let third = try await scene.miner()
            try await third.waitUntilClosed()
            #expect(third.lines.contains { $0.contains("too many connections") })
            try await second.close()
            try await eventually("the place is free") { scene.server.parts.guardian.connections == 1 }
            let fourth = try await scene.miningMiner()
            #expect(!first.isClosed && !fourth.isClosed)
        }
    }

    @Test func anAddressAuthorizesOnlySoOften() async throws {
        try await withServer({ $0.limits.authorizesPerMinute = 3 }) { scene in
            let miner = try await scene.miner()
            _ = try await miner.reply(to: miner.request("mining.subscribe", "[]"))
            var replies: [MinerMessage] = []
            for number in 0..<5 {
                replies.append(
                    try await miner.reply(to: miner.request("mining.authorize", #"["address.\#(number)","x"]"#)))
            }
            #expect(replies.map(\.isTrue) == [true, true, true, false, false])
            #expect(replies.last?.errorCode == 24)
        }
    }

    // MARK: Bans

    @Test func aFloodOfInvalidSharesBringsABanThatEndsAndIsSeen() async throws {
        try await withServer({
            $0.bans.floodLimit = 10
            $0.bans.firstBan = .seconds(3)
        }) { scene in
            let miner = try await scene.miningMiner()
            for _ in 0..<20 { try miner.submit(nonce: 1, time: "xyz") }
            try await miner.waitUntilClosed()
            #expect(miner.lines.last?.contains("banned for 3 s") == true)
            let status = try await StratumStatus(scene.server, feed: scene.feed, now: .now)
            #expect(status.bans.map(\.address) == ["127.0.0.1"])
            let banned = try await scene.miner()
            try await banned.waitUntilClosed()
            #expect(banned.lines.contains { $0.contains("banned for") })
            try await eventually("the ban ends") { scene.server.parts.guardian.bansInForce(now: .now).isEmpty }
            _ = try await scene.miningMiner()
        }
    }

    @Test func aBanEndsTheAddressesOtherConnectionsToo() async throws {
        try await withServer({
            $0.bans.floodLimit = 10
            $0.proxies = Self.trusted
        }) { scene in
            func miner(_ address: String, worker: String) async throws -> TestMiner {
                let miner = try await scene.miner()
                miner.send(raw: Array("PROXY TCP4 \(address) 192.0.2.1 50000 3333\r\n".utf8))
                try await miner.logIn(worker: worker)
                _ = try await miner.notification("mining.notify")
                return miner
            }
            let quiet = try await miner("192.0.2.7", worker: "address.quiet")
            let other = try await miner("192.0.2.8", worker: "address.other")
            let bad = try await miner("192.0.2.7", worker: "address.rig")
            for _ in 0..<20 { try bad.submit(nonce: 1, time: "xyz") }
            try await bad.waitUntilClosed()
            try await quiet.waitUntilClosed()
            #expect(quiet.lines.last?.contains("banned for") == true)
            #expect(try await other.reply(to: other.submit(nonce: 1, worker: "address.other")).isTrue)
        }
    }

    @Test func oneBadMinerAmongGoodOnesBringsNoBan() async throws {
        try await withServer({ $0.bans.floodLimit = 10 }) { scene in
            let good = try await scene.miningMiner()
            for nonce: UInt32 in 0..<50 { _ = try await good.reply(to: try good.submit(nonce: nonce)) }
            let bad = try await scene.miningMiner()
            for _ in 0..<20 { _ = try await bad.reply(to: try bad.submit(nonce: 1, time: "xyz")) }
            #expect(scene.server.parts.guardian.bansInForce(now: .now).isEmpty)
        }
    }
}

/// A PROXY header of version 2 for IPv4.
func proxyV2(source: [UInt8], port: UInt16 = 50000, uniqueID: [UInt8] = [], command: UInt8 = 1) -> [UInt8] {
    var body = source + [192, 0, 2, 1, UInt8(port >> 8), UInt8(port & 255), 0x0d, 0x05]
    if !uniqueID.isEmpty { body += [0x05, 0, UInt8(uniqueID.count)] + uniqueID }
    return ProxyHeader.signature + [0x20 | command, 0x11, 0, UInt8(body.count)] + body
}
