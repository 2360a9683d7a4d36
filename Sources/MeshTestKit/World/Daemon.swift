internal import Mesh

/// The coin daemon of one publisher: it learns of the truth late, may stall, and may be wrong.
final class Daemon {
    /// Ways of being wrong.
    enum Deceit: CaseIterable {
        /// It mines a branch of its own.
        case fork
        /// It is on another network.
        case wrongNetwork
        /// It claims more work than there is in the world.
        case absurdOrdinal
    }

    /// What a publisher is told to publish.
    struct Report {
        let position: Position
        let block: Int?
        let isHonest: Bool
        let key: String
    }

    let chain: Chain
    let clock: VirtualClock
    let chance: Chance
    /// How late it learns of the truth, in milliseconds.
    let delay: ClosedRange<Double>
    var report: (Report) -> Void = { _ in }
    private(set) var view: Chain.View
    private(set) var isStalled = false
    private(set) var deceit: Deceit?
    private var missed: [Chain.View] = []
    private var lastArrival: MeshInstant
    private var ownTip: Int?
    /// News up to this one is known.
    private var skipped = 0
    private var lies = 0

    init(chain: Chain, clock: VirtualClock, chance: Chance, delay: ClosedRange<Double>) {
        self.chain = chain
        self.clock = clock
        self.chance = chance
        self.delay = delay
        view = chain.view
        lastArrival = clock.now
    }

    /// The truth has changed.
    func chainChanged() {
        let (news, number) = (chain.view, chain.sequence)
        lastArrival = max(lastArrival, clock.now + chance.milliseconds(delay))
        clock.at(lastArrival) { [self] in
            guard number > skipped else { return }
            if isStalled { missed.append(news) } else { learn(news) }
        }
    }

    /// It is started again beside its publisher, and knows the truth at once.
    func catchUp() {
        lastArrival = clock.now
        missed = []
        skipped = chain.sequence
        view = chain.view
    }

    func stall() { isStalled = true }

    func goOn() {
        isStalled = false
        let news = missed
        missed = []
        for view in news { learn(view) }
    }

    private func learn(_ news: Chain.View) {
        view = news
        if deceit == nil { report(current) }
    }

    /// What it says now.
    var current: Report {
        switch deceit {
        case nil:
            return Report(
                position: chain.position(of: view.block), block: view.block, isHonest: true,
                key: "\(view.block)/\(view.template)")
        case .fork:
            let tip = ownTip ?? view.block
            return Report(
                position: chain.position(of: tip), block: tip, isHonest: tip == view.block, key: "fork/\(lies)")
        case .wrongNetwork:
            var position = chain.position(of: view.block)
            position.lineage = "test:genesis"
            return Report(position: position, block: nil, isHonest: false, key: "wrong/\(lies)")
        case .absurdOrdinal:
            let below = chain.position(of: view.block)
            let position = Position(
                lineage: below.lineage, ordinal: Ordinal(hex: String(repeating: "f", count: 60)) ?? below.ordinal,
                height: below.height + 1, parent: "absurd\(lies)", ancestors: ["absurd\(lies)"] + below.ancestors)
            return Report(position: position, block: nil, isHonest: false, key: "absurd/\(lies)")
        }
    }

    // MARK: Deceit

    func deceive(_ kind: Deceit, forkDepth: Int) {
        deceit = kind
        ownTip = kind == .fork ? chain.ancestor(of: view.block, depth: forkDepth) : nil
        lie()
    }

    func becomeHonest() {
        guard deceit != nil else { return }
        deceit = nil
        ownTip = nil
        report(current)
    }

    private func lie() {
        guard let deceit else { return }
        lies += 1
        if deceit == .fork, let tip = ownTip {
            ownTip = chain.extend(tip, work: Chain.workPerBlock * UInt64(chance.number(1...3)), mark: "x")
        }
        report(current)
        let number = lies
        clock.after(chance.seconds(0.3...4)) { [self] in
            if number == lies { lie() }
        }
    }
}
