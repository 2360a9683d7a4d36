extension Merger {
    /// Looks at everything that is known and moves the stream where the rules say.
    mutating func decide(now: MeshInstant) -> [Output] {
        var outputs: [Output] = []
        if current == nil { settle(now: now, to: &outputs) }
        leaveWrongLineage(now: now, to: &outputs)
        // Each round moves to a higher position or ends; a publisher has one latest item, which bounds the rounds.
        while let next = nextPosition(now: now, to: &outputs) { open(next.item, from: next.publisher, to: &outputs) }
        chooseActive(to: &outputs)
        resetWhereNobodyStands(now: now, to: &outputs)
        return outputs
    }

    // MARK: The first position

    private mutating func settle(now: MeshInstant, to outputs: inout [Output]) {
        guard let firstItemAt else { return }
        // Who had spoken is gone: the wait begins again with the next one.
        guard let (publisher, item, support) = bestSupported() else { return self.firstItemAt = nil }
        let isMajority = support * 2 > max(publishers.count, expected)
        guard isMajority || now - firstItemAt >= policy.settleDelay else { return }
        lineage = item.position.lineage
        for (other, state) in publishers where state.latest.map({ $0.position.lineage != lineage }) ?? false {
            publishers[other]?.foreign = state.latest
            publishers[other]?.latest = nil
            statistics.quarantined += 1
        }
        open(item, from: publisher, to: &outputs)
    }

    /// The position with most supporters, of those the one with most work.
    private func bestSupported(
        where isEligible: (Position) -> Bool = { _ in true }
    ) -> (LinkID, PublishedItem, support: Int)? {
        candidates()
            .filter { isEligible($0.item.position) }
            .map { ($0.publisher, $0.item, support: support(of: $0.item.position)) }
            .max { ($0.support, $0.1.position.ordinal, $1.0) < ($1.support, $1.1.position.ordinal, $0.0) }
    }

    // MARK: The lineage

    /// A lineage that one publisher alone brought in, while no other could be heard, is left for that of two or more which are
    /// the majority. One that two have agreed on is never left.
    private mutating func leaveWrongLineage(now: MeshInstant, to outputs: inout [Output]) {
        guard !isLineageCertain, current != nil else { return foreignSince = nil }
        isLineageCertain = publishers.values.count { $0.latest != nil } >= 2
        let foreign = Dictionary(grouping: publishers.values.compactMap(\.foreign?.position.lineage)) { $0 }
        guard !isLineageCertain,
            let (other, count) = foreign.map({ ($0.key, $0.value.count) }).max(by: { ($0.1, $0.0) < ($1.1, $1.0) }),
            count >= 2, count * 2 > publishers.count
        else { return foreignSince = nil }
        let since = foreignSince ?? now
        foreignSince = since
        guard now - since >= policy.minorityDelay else { return }
        foreignSince = nil
        lineage = other
        for (publisher, state) in publishers {
            let item = state.foreign.flatMap { $0.position.lineage == other ? $0 : nil }
            publishers[publisher]?.latest = item
            publishers[publisher]?.foreign = item == nil ? state.foreign ?? state.latest : nil
        }
        guard let (publisher, item, _) = bestSupported() else { return }
        reset(to: item, from: publisher, reason: "most publishers are for \(other)", &outputs)
    }

    // MARK: Moving up

    /// A higher position that may be followed now. Those that may not be yet are remembered as challenges.
    private mutating func nextPosition(
        now: MeshInstant, to outputs: inout [Output]
    ) -> (publisher: LinkID, item: PublishedItem)? {
        guard let current else { return nil }
        let higher = candidates().filter { $0.item.position.ordinal > current.ordinal }
        // The nearest first, so that no position between is skipped.
        let extensions = higher.filter { isPlausibleExtension($0.item.position, of: current) }
        if let next = extensions.min(by: { $0.item.position.ordinal < $1.item.position.ordinal }) { return next }

        var challenged: [String: MeshInstant] = [:]
        defer { challengedSince = challenged }
        let descending = higher.sorted { $0.item.position.ordinal > $1.item.position.ordinal }
        for candidate in descending {
            let position = candidate.item.position
            let supporters = support(of: position)
            if supporters * 2 > publishers.count { return candidate }
            if isSteppingPlausibly(to: position, from: current) {
                if candidate.publisher == active, publishers.count <= 2 { return candidate }
                guard supporters >= support(of: current) else { continue }
                // A branch that goes on growing has been a challenge since it became one.
                let since = position.ancestors.compactMap { challengedSince[$0] }.min() ?? now
                challenged[position.parent] = since
                if now - since >= policy.tieDelay {
                    outputs.append(
                        .alarm(
                            "publishers are divided between two branches: following \(position.parent) at height "
                                + "\(position.height), which has more work than \(current.parent)"))
                    return candidate
                }
            }
        }
        return nil
    }

    private func isPlausibleExtension(_ position: Position, of current: Position) -> Bool {
        guard let steps = position.steps(from: current), steps > 0 else { return false }
        return position.height == current.height &+ UInt64(steps) && isSteppingPlausibly(to: position, from: current)
    }

    /// Whether the work that was added is in proportion to the work of the steps before.
    private func isSteppingPlausibly(to position: Position, from current: Position) -> Bool {
        let average = max(current.ordinal.approximate / Double(max(current.height, 1)), 1)
        let steps = max(1, Double(position.height) - Double(current.height))
        let added = position.ordinal.approximate - current.ordinal.approximate
        return added <= average * policy.largestStep * min(steps, 1024)
    }

    private mutating func open(_ item: PublishedItem, from publisher: LinkID, to outputs: inout [Output]) {
        current = item.position
        deliveredKeys.removeAll()
        challengedSince = [:]
        activate(publisher)
        deliver(item, to: &outputs)
    }

    // MARK: Who is active

    private mutating func activate(_ publisher: LinkID) {
        if let active, active != publisher { statistics.switches += 1 }
        active = publisher
    }

    /// Another publisher takes over when the active one is gone, drains, went astray or lags.
    private mutating func chooseActive(to outputs: inout [Output]) {
        guard let current else { return }
        let standing = publishers.filter { $0.value.latest?.position.parent == current.parent }
        let ready = standing.filter { !$0.value.isDraining }
        func mostAhead(_ among: [LinkID: Publisher]) -> LinkID? {
            among.max { ($0.value.ahead, $1.key) < ($1.value.ahead, $0.key) }?.key
        }
        if let active, let state = publishers[active], isStanding(state, at: current) {
            let isLagging = ready.contains { $0.key != active && $0.value.ahead >= policy.lagItems }
            guard state.isDraining || isLagging else { return }
            guard let next = mostAhead(ready.filter { $0.key != active }) else { return }
            takeOver(next, to: &outputs)
        } else if let next = mostAhead(ready) ?? mostAhead(standing) {
            takeOver(next, to: &outputs)
        }
    }

    /// A publisher that is ahead of the stream, waiting for support, has not left the position that it came through.
    private func isStanding(_ publisher: Publisher, at current: Position) -> Bool {
        publisher.latest?.position.includes(current) ?? false
    }

    private mutating func takeOver(_ publisher: LinkID, to outputs: inout [Output]) {
        activate(publisher)
        if let latest = publishers[publisher]?.latest, !deliveredKeys.contains(latest.key) {
            deliver(latest, to: &outputs)
        }
    }

    // MARK: Moving back

    private mutating func resetWhereNobodyStands(now: MeshInstant, to outputs: inout [Output]) {
        guard let current, let best = bestSupported(), best.1.position.parent != current.parent else {
            unsupportedSince = nil
            minoritySince = nil
            return
        }
        let supporters = support(of: current)
        unsupportedSince = supporters == 0 ? unsupportedSince ?? now : nil
        // A laggard on the common trunk supports no branch, and hides none.
        let branch = bestSupported { isFork($0, of: current) }.flatMap { $0.support * 2 > publishers.count ? $0 : nil }
        minoritySince = branch == nil ? nil : minoritySince ?? now

        if let unsupportedSince, now - unsupportedSince >= policy.unsupportedDelay {
            reset(to: best.1, from: best.0, reason: "no publisher has supported \(current.parent) any more", &outputs)
        } else if let branch, let minoritySince, now - minoritySince >= policy.minorityDelay {
            reset(
                to: branch.1, from: branch.0, reason: "most publishers are on another branch than \(current.parent)",
                &outputs)
        }
    }

    private func isFork(_ position: Position, of current: Position) -> Bool {
        !position.includes(current) && !current.includes(position)
    }

    private mutating func reset(
        to item: PublishedItem, from publisher: LinkID, reason: String, _ outputs: inout [Output]
    ) {
        statistics.resets += 1
        minoritySince = nil
        unsupportedSince = nil
        var delivered: [Output] = []
        open(item, from: publisher, to: &delivered)
        outputs.append(.alarm("starting again at height \(item.position.height), \(item.position.parent): \(reason)"))
        outputs.append(.reset(item, reason: reason))
    }

    // MARK: Support

    private func candidates() -> [(publisher: LinkID, item: PublishedItem)] {
        publishers.compactMap { publisher, state in state.latest.map { (publisher, $0) } }
            .sorted { $0.publisher < $1.publisher }
    }

    /// How many publishers stand at a position or at one that grew out of it.
    private func support(of position: Position) -> Int {
        publishers.values.count { $0.latest?.position.includes(position) ?? false }
    }
}
