internal import DurableQueue
internal import Mesh

// Whether a group goes on once nothing hinders it any more: a member stays away for long first, then nobody does.
extension ReplicationSimulation {
    /// The longest that it may take until a group serves, in milliseconds: some have to replace a member before, and disks are slow here.
    private static let serviceBound = 15_000

    mutating func settle() {
        if report.destroyed == 0, let absent = names.dropLast().randomElement(using: &random), canSpare(absent) {
            crash(absent, returningIn: nil)
            calmDown()
            report.slowestWithOneAway = timeToService("with \(absent) away")
            start(absent)
        }
        calmDown()
        if report.destroyed == 0 || canSpare(nil) { report.slowestWithAll = timeToService("with all that are left") }
    }

    /// Whether enough others know of a group that has more members than acknowledgements need: one that has not goes on when all are back.
    private func canSpare(_ absent: MemberID?) -> Bool {
        names.count { name in
            guard name != absent, let known = nodes[name]?.disk.synced.mark.roster else { return false }
            return known.members.contains(name) && known.groups.allSatisfy { $0.count > roster.replicas + 1 }
        } > roster.replicas
    }

    /// How long it takes until what is taken in from now on is acknowledged; where its origin is away, until the entries may be run.
    private mutating func timeToService(_ circumstance: String) -> Int {
        let start = now
        let last = lastSequence
        isProbing = true
        defer { isProbing = false }
        while report.violations.isEmpty {
            advance()
            let isServed =
                isUp(originMember)
                ? acknowledged.contains { $0 > last } : names.contains { $0 != originMember && mayRun($0) }
            if isServed { break }
            if now - start >= Self.serviceBound {
                report.violations.append("no service \(circumstance) for \(now - start) ms; \(situation)")
            }
        }
        return now - start
    }

    /// Goes on until there is an owner and all members of its group that are there have the same on their disks; where a group goes on without
    /// what was destroyed.
    mutating func waitForAgreement() {
        guard report.destroyed == 0 || canSpare(nil) else { return }
        let end = now + Self.serviceBound
        while report.violations.isEmpty, !isAgreed {
            advance()
            if now >= end {
                report.violations.append("no member owns, or they do not come to hold the same; \(situation)")
            }
        }
    }

    private var isAgreed: Bool {
        guard let owner = names.first(where: { nodes[$0]?.replica?.isOwner ?? false }) else { return false }
        let members = nodes[owner]?.replica?.roster.members.filter(isUp) ?? []
        let disks = members.compactMap { nodes[$0]?.disk.synced }
        return Set(disks.map(\.unfinished)).count == 1 && Set(disks.map(\.finished)).count == 1
    }

    /// Nothing goes wrong any more, and what is not destroyed comes back, unless it is to stay away.
    private mutating func calmDown() {
        network.calmDown()
        for name in names {
            if nodes[name]?.frozenUntil != nil { nodes[name]?.frozenUntil = now }
            if nodes[name]?.returns != nil { nodes[name]?.returns = now }
            comeBack(name)
        }
    }
}
