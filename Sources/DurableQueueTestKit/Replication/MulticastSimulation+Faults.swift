internal import DurableQueue
internal import Mesh

// What goes wrong: the processes, the machines.
extension MulticastSimulation {
    mutating func disturb() {
        network.endPartition(now: now)
        for name in names { comeBack(name) }
        network.disturb(names, now: now, &random)
        guard chance(1), let name = names.filter(isUp).randomElement(using: &random) else { return }
        report.faults += 1
        switch number(0...13) {
        case 0: for name in names where isUp(name) { crash(name, returningIn: number(50...1500)) }
        case 1...6: crash(name, returningIn: number(50...1500))
        case 7...9: freeze(name, for: number(50...1500))
        case 10...11: leave(name, returningIn: number(50...1500))
        case 12: leave(name, returningIn: number(1500...8000))
        default:
            guard report.destroyed == 0 else { return crash(name, returningIn: 300) }
            report.destroyed += 1
            crash(name, returningIn: nil)
            promises.destroyed(name)
        }
    }

    private mutating func freeze(_ name: MemberID, for milliseconds: Int) {
        guard nodes[name]?.frozenUntil == nil else { return }
        nodes[name]?.frozenSince = now
        nodes[name]?.frozenUntil = now + milliseconds
    }

    /// The process ends in good order, with everything on the disk.
    private mutating func leave(_ name: MemberID, returningIn milliseconds: Int) {
        stop(name, keeping: nodes[name]?.disk.pending.count ?? 0, returningIn: milliseconds)
    }

    private mutating func crash(_ name: MemberID, returningIn milliseconds: Int?) {
        stop(name, keeping: number(0...(nodes[name]?.disk.pending.count ?? 0)), returningIn: milliseconds)
    }

    private mutating func stop(_ name: MemberID, keeping kept: Int, returningIn milliseconds: Int?) {
        guard let pending = nodes[name]?.disk.pending else { return }
        for item in pending.prefix(kept) { promises.synced(item.records, name) }
        nodes[name]?.disk.losePower(keeping: kept)
        nodes[name]?.queue = nil
        nodes[name]?.multicast = nil
        nodes[name]?.told = []
        nodes[name]?.frozenSince = nil
        nodes[name]?.frozenUntil = nil
        nodes[name]?.inbox = []
        nodes[name]?.returns = milliseconds.map { now + $0 }
        promises.stopped(name, nodes[name]?.disk.synced ?? StoreModel())
    }

    private mutating func comeBack(_ name: MemberID) {
        if let until = nodes[name]?.frozenUntil, until <= now {
            nodes[name]?.frozenSince = nil
            nodes[name]?.frozenUntil = nil
            let inbox = nodes[name]?.inbox ?? []
            nodes[name]?.inbox = []
            for event in inbox { handle(event) }
        }
        if let returns = nodes[name]?.returns, returns <= now {
            nodes[name]?.returns = nil
            start(name)
        }
    }

    /// Nothing goes wrong any more, and what is not destroyed comes back.
    mutating func calmDown() {
        network.calmDown()
        for name in names {
            if nodes[name]?.frozenUntil != nil { nodes[name]?.frozenUntil = now }
            if nodes[name]?.returns != nil { nodes[name]?.returns = now }
            comeBack(name)
        }
    }
}
