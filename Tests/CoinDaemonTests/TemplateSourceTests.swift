internal import CoinDaemon
internal import Mining
internal import TestSupport
internal import Testing

/// A source over real litecoind nodes that are killed, frozen, started again, and over servers that are none.
@Suite(.serialized) struct TemplateSourceTests {
    @Test func `a block mined on another node arrives by long poll`() async throws {
        let network = try await LitecoinNetwork.start()
        try await WatchedSource.run([network.nodes[0].address], options: .longPollOnly) { watched in
            try await watched.waitFor(0, .ready)
            for height in 1...20 {
                let mined = try network.nodes[1].generate()[0]
                let start = ContinuousClock.now
                let took = try await watched.whenChosen(mined, within: .seconds(1)) - start
                #expect(took < .milliseconds(500), "height \(height)")
            }
            // The position is that of the daemon's own chain.
            let position = try #require(watched.choices.last?.position)
            let chain: [String] = try (1...20).reversed().map { try network.nodes[0].call("getblockhash", "[\($0)]") }
            #expect(position.ancestors == Array(chain.prefix(16)))
            #expect(position.parent == chain[0])
            #expect(position.height == 21)
            let genesis: String = try network.nodes[0].call("getblockhash", "[0]")
            #expect(position.lineage == "regtest:\(genesis)")
            // Regtest blocks have a work of two each, the genesis block included.
            #expect(position.chainwork == Chainwork(hex: String(2 * 21, radix: 16)))
            #expect(watched.choices.map(\.position.height) == Array(1...21))
        }
    }

    @Test func `a notification alone brings a new block`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 2)
        var options = TemplateSource.Options.longPollOnly
        // The long poll is over at once and the next far away: it cannot be what brings the block.
        options.longPollDeadline = .milliseconds(1)
        options.shortestLongPoll = .seconds(600)
        try await WatchedSource.run([network.nodes[0].address], options: options) { watched in
            try await watched.waitFor(0, .ready)
            let mined = try network.nodes[0].generate()[0]
            watched.source.notify(mined)
            _ = try await watched.whenChosen(mined, within: .seconds(2))
        }
    }

    @Test func `polling alone brings a new block`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 2)
        var options = TemplateSource.Options.impatient
        options.refreshInterval = .seconds(600)
        options.longPollDeadline = .milliseconds(1)
        options.shortestLongPoll = .seconds(600)
        try await WatchedSource.run([network.nodes[0].address], options: options) { watched in
            try await watched.waitFor(0, .ready)
            _ = try await watched.whenChosen(network.nodes[0].generate()[0], within: .seconds(2))
        }
    }

    @Test func `killed or frozen, the first daemon is replaced and comes back`() async throws {
        let network = try await LitecoinNetwork.start()
        // One miner only: another one that has not yet heard of its block would find the very same block.
        let (first, miner) = (network.nodes[0], network.nodes[2])
        try await WatchedSource.run(network.nodes.map(\.address), options: .impatient) { watched in
            for priority in 0..<3 { try await watched.waitFor(priority, .ready) }
            #expect(watched.daemon(0).isSelected)

            try await first.kill()
            let killed = ContinuousClock.now
            try await watched.waitFor(0, .unreachable)
            #expect(ContinuousClock.now - killed < .seconds(1))
            #expect(!watched.daemon(0).isSelected)
            _ = try await watched.whenChosen(miner.generate()[0], within: .seconds(1))
            try await eventually("the second daemon is the source") { watched.daemon(1).isSelected }

            try await first.restart()
            try await watched.waitFor(0, .ready, within: .seconds(30))
            _ = try await watched.whenChosen(miner.generate()[0], within: .seconds(2))
            try await eventually("the first daemon is the source again") { watched.daemon(0).isSelected }

            first.freeze()
            _ = try await watched.whenChosen(miner.generate()[0], within: .seconds(1))
            try await watched.waitFor(0, .hung)
            first.unfreeze()
            try await watched.waitFor(0, .ready)
            try await eventually("the first daemon is the source again") { watched.daemon(0).isSelected }

            // Whatever happened, no height was skipped and none came twice on another block.
            let heights = watched.choices.map(\.position.height)
            #expect(heights == heights.sorted())
            #expect(Set(heights) == [1, 2, 3, 4])
            #expect(Set(watched.choices.map(\.position.parent)).count == 4)
        }
    }

    @Test func `servers that hang or answer garbage do not hold up the others`() async throws {
        let hanging = try RawServer(.hang)
        let garbage = try RawServer(.answer(RawServer.http(body: #"{"result":{"chain":"regtest"},"error":null}"#)))
        let gone = try FreePort.pick()
        let network = try await LitecoinNetwork.start(nodes: 2)
        let addresses =
            [hanging.port, garbage.port, gone].map { "http://127.0.0.1:\($0)" } + [network.nodes[0].address]
        try await WatchedSource.run(addresses, options: .impatient) { watched in
            try await watched.waitFor(3, .ready, within: .seconds(2))
            for _ in 1...3 { _ = try await watched.whenChosen(network.nodes[1].generate()[0], within: .seconds(1)) }
            try await watched.waitFor(0, .hung)
            try await watched.waitFor(1, .garbage)
            try await watched.waitFor(2, .unreachable)
            #expect(watched.daemon(1).reason.contains("'result.blocks' is missing"), "\(watched.daemon(1).reason)")
            try await eventually("each is tried again") { hanging.connectionCount > 2 && garbage.connectionCount > 2 }
        }
    }

    @Test func `a node without peers and a wrong password are said`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 1)
        let node = network.nodes[0]
        let addresses = [node.address, "http://user:secret@127.0.0.1:\(node.rpcPort)"]
        try await WatchedSource.run(addresses, options: .impatient) { watched in
            try await watched.waitFor(0, .noPeers)
            #expect(watched.daemon(0).reason.contains("-9"), "\(watched.daemon(0).reason)")
            #expect(watched.daemon(0).reason.contains("-addnode"))
            try await watched.waitFor(1, .unauthorized)
            #expect(watched.daemon(1).reason.contains("'user'"))
            #expect(!watched.daemon(1).reason.contains("secret"))
            #expect(watched.choices.isEmpty)
        }
    }

    @Test func `a node in initial sync is said, and used as soon as it has caught up`() async throws {
        let network = try await LitecoinNetwork.start(
            nodes: 2, arguments: ["-maxtipage=3600"], waitsForTemplates: false)
        try await WatchedSource.run([network.nodes[0].address], options: .impatient) { watched in
            try await watched.waitFor(0, .initialSync)
            #expect(watched.daemon(0).reason.contains("-maxtipage"), "\(watched.daemon(0).reason)")
            let mined = try network.nodes[0].generate()[0]
            _ = try await watched.whenChosen(mined, within: .seconds(5))
        }
    }

    @Test func `a daemon that loses its peers is given up, with a word why`() async throws {
        let network = try await LitecoinNetwork.start(nodes: 2)
        try await WatchedSource.run([network.nodes[0].address], options: .impatient) { watched in
            try await watched.waitFor(0, .ready)
            try await network.nodes[1].kill()
            try await watched.waitFor(0, .noPeers)
            try await network.nodes[1].restart()
            try await watched.waitFor(0, .ready, within: .seconds(90))
        }
    }

    @Test func `a daemon of another chain is left out, with a word why`() async throws {
        let ours = try await LitecoinNetwork.start(nodes: 2)
        let foreign = try await LitecoinNetwork.start(nodes: 2, chain: .testnet)
        try await WatchedSource.run([ours.nodes[0].address, foreign.nodes[0].address], options: .impatient) { watched in
            try await watched.waitFor(0, .ready)
            try await watched.waitFor(1, .foreignChain)
            #expect(watched.daemon(1).reason.contains("take it out of the list"))
            #expect(Set(watched.choices.map(\.priority)) == [0])
        }
    }
}
