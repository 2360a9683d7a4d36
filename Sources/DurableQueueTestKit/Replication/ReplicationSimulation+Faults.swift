internal import DurableQueue
internal import Mesh

// What goes wrong: the network, the processes, the machines.
extension ReplicationSimulation {
    mutating func send(_ message: ReplicaMessage, from sender: MemberID, to receiver: MemberID) {
        let delays = network.delays(from: sender, to: receiver, now: now, &random)
        if mutant == .takesNothingOver, case .claim = message, sender != originMember { return }
        if case .dismissed = message, !delays.isEmpty { report.dismissals += 1 }
        let message = mutant == .saysThatItHoldsAll ? exaggerated(message) : message
        for delay in delays { schedule(.deliver(message, from: sender, to: receiver), in: delay) }
    }

    private func exaggerated(_ message: ReplicaMessage) -> ReplicaMessage {
        guard case .surveyed(let epoch, let report, let sent) = message, lastSequence > 0 else { return message }
        let all = SequenceSet(1...lastSequence)
        return .surveyed(
            epoch, HoldingReport(position: report.position, roster: report.roster, unfinished: [], finished: all),
            sent: sent)
    }

    mutating func disturb() {
        network.endPartition(now: now)
        for name in names { comeBack(name) }
        network.disturb(names, now: now, &random)
        guard chance(1), let name = victim() else { return }
        report.faults += 1
        switch number(0...11) {
        case 0: powerCut()
        // Some stay away until they are replaced.
        case 1...5: crash(name, returningIn: number(50...(chance(25) ? 5000 : 1500)))
        case 6...9: freeze(name, for: number(50...1500))
        default:
            guard report.destroyed == 0, isWhole(without: name) else { return crash(name, returningIn: 300) }
            report.destroyed += 1
            crash(name, returningIn: nil)
            nodes[name]?.disk = PoweredDisk(ReplicaDisk())
            // What destroys one often cuts the power of the others.
            if Bool.random(using: &random) { powerCut() }
        }
    }

    /// A group of two that stops without a majority does not go on without a machine; one that grows is to have more members before, and one that
    /// is left is to know of it.
    private func isWhole(without name: MemberID) -> Bool {
        configuration.partition == .mayRunTwiceFenced || !isGrowing
            || names.contains { other in
                guard other != name, let known = nodes[other]?.disk.synced.mark.roster else { return false }
                return !known.isChanging && known.members.count > 2
            }
    }

    private mutating func powerCut() {
        for name in names where isUp(name) { crash(name, returningIn: number(50...1500)) }
    }

    private mutating func freeze(_ name: MemberID, for milliseconds: Int) {
        nodes[name]?.frozenUntil = now + milliseconds
    }

    /// Owners more often than others.
    private mutating func victim() -> MemberID? {
        let owners = names.filter { nodes[$0]?.replica?.isOwner == true }
        return (Bool.random(using: &random) && !owners.isEmpty ? owners : names.filter(isUp))
            .randomElement(using: &random)
    }

    mutating func crash(_ name: MemberID, returningIn milliseconds: Int?) {
        guard let pending = nodes[name]?.disk.pending.count else { return }
        let kept = number(0...pending)
        nodes[name]?.disk.losePower(keeping: kept)
        nodes[name]?.replica = nil
        nodes[name]?.frozenUntil = nil
        nodes[name]?.inbox = []
        nodes[name]?.ready = []
        nodes[name]?.running = nil
        nodes[name]?.returns = milliseconds.map { now + $0 }
    }

    mutating func comeBack(_ name: MemberID) {
        if let until = nodes[name]?.frozenUntil, until <= now {
            nodes[name]?.frozenUntil = nil
            let inbox = nodes[name]?.inbox ?? []
            nodes[name]?.inbox = []
            for (message, sender) in inbox { deliver(message, from: sender, to: name) }
        }
        if let returns = nodes[name]?.returns, returns <= now {
            nodes[name]?.returns = nil
            start(name)
        }
    }
}
