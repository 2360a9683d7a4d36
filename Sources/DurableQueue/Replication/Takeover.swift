/// A member's attempt to own the entries of an origin: it claims an epoch, merges what members report, fetches what it lacks, and decides.
///
/// The report that has come furthest counts, because records are taken in order; what any report says is finished is finished. It is begun
/// when the owner has been silent, and by the origin itself whenever it starts.
public struct Takeover: Sendable {
    /// What has to be done.
    public enum Action: Sendable, Hashable {
        /// Send this; to oneself too.
        case send(ReplicaMessage, to: MemberID)
        /// Hand this to ``ReplicaHolder/own(_:)-(Merged)``, and run once it is on the disk.
        case own(Merged)
        /// Give up. Try again later with an epoch above this one.
        case giveUp(above: UInt64)
        /// It has waited for a while, and goes on waiting: some of these have to report.
        case wait(for: Set<MemberID>)
    }

    /// What the new owner starts from.
    public struct Merged: Sendable, Hashable {
        /// What was granted.
        public let epoch: TakeoverEpoch
        /// Who is in the group.
        public let roster: Roster
        /// What has to be written, so that the new owner has all there is and nothing else.
        public let records: [ReplicaRecord]

        /// What was merged, from its parts.
        public init(epoch: TakeoverEpoch, roster: Roster, records: [ReplicaRecord]) {
            self.epoch = epoch
            self.roster = roster
            self.records = records
        }
    }

    private enum Phase: Sendable {
        case collecting
        case fetching(Plan)
        case ended
    }

    /// What comes of the reports.
    private struct Plan: Sendable {
        let source: MemberID
        let roster: Roster
        var missing: SequenceSet
        var records: [ReplicaRecord]
        let last: [ReplicaRecord]
    }

    /// What is claimed.
    public let epoch: TakeoverEpoch
    private let configuration: ReplicationConfiguration
    private let known: Roster
    /// How far the candidate has come, which it knows the roster from.
    private let position: ReplicaPosition?
    private let start: Timestamp
    /// When it last came further.
    private var progressed: Timestamp
    private var lastAsked: Timestamp
    private var hasSaidWaiting = false
    private var asked: Set<MemberID> = []
    private var reports: [MemberID: HoldingReport] = [:]
    private var phase = Phase.collecting
    /// How many reports fewer than needed are taken for enough; for tests alone.
    private let reportsSpared: Int

    /// Begins.
    ///
    /// - Parameters:
    ///   - roster: the group as the candidate knows it. Reports may know better.
    ///   - position: how far the candidate has come.
    public static func claiming(
        _ epoch: TakeoverEpoch, roster: Roster, position: ReplicaPosition? = nil,
        configuration: ReplicationConfiguration, now: Timestamp
    ) -> (Takeover, [Action]) {
        claiming(
            epoch, roster: roster, position: position, configuration: configuration, now: now, reportsSpared: 0)
    }

    package static func claiming(
        _ epoch: TakeoverEpoch, roster: Roster, position: ReplicaPosition?, configuration: ReplicationConfiguration,
        now: Timestamp, reportsSpared: Int
    ) -> (Takeover, [Action]) {
        var takeover = Takeover(
            epoch: epoch, configuration: configuration, known: roster, position: position, start: now,
            reportsSpared: reportsSpared)
        let actions = takeover.ask(roster)
        return (takeover, actions)
    }

    private init(
        epoch: TakeoverEpoch, configuration: ReplicationConfiguration, known: Roster, position: ReplicaPosition?,
        start: Timestamp, reportsSpared: Int
    ) {
        self.epoch = epoch
        self.configuration = configuration
        self.known = known
        self.position = position
        self.start = start
        progressed = start
        lastAsked = start
        self.reportsSpared = reportsSpared
    }

    /// The members that have not reported, of whom some are waited for; none once there are enough.
    public var waitingFor: Set<MemberID> { if case .collecting = phase { missing } else { [] } }

    /// The members that have not reported.
    var missing: Set<MemberID> { asked.subtracting(reports.keys) }

    /// A message has come that is meant for a candidate; others change nothing.
    public mutating func receive(_ message: ReplicaMessage, from sender: MemberID, now: Timestamp) -> [Action] {
        switch message {
        case .granted(epoch, let report): return merge(report, from: sender, now: now)
        case .fetched(epoch, let sequences, let records):
            return take(records, of: sequences, from: sender, now: now)
        case .refused(epoch, let known):
            guard let known, known > epoch, !isEnded else { return [] }
            phase = .ended
            return [.giveUp(above: known.number)]
        default: return []
        }
    }

    /// Lets time pass. Who has not reported is asked again for as long as it takes: it may come at any time, or grant only after a silence.
    public mutating func tick(now: Timestamp) -> [Action] {
        switch phase {
        case .collecting:
            guard now - lastAsked >= configuration.heartbeat else { return [] }
            lastAsked = now
            var actions: [Action] = missing.sorted().map { .send(.claim(epoch), to: $0) }
            if !hasSaidWaiting, now - start >= configuration.claimWithin {
                hasSaidWaiting = true
                actions.append(.wait(for: missing))
            }
            return actions
        case .fetching:
            guard now - progressed >= configuration.claimWithin else { return [] }
            phase = .ended
            return [.giveUp(above: epoch.number)]
        case .ended: return []
        }
    }

    private var isEnded: Bool { if case .ended = phase { true } else { false } }

    /// Itself it asks last, once the others suffice: what is on its own disk would have it refuse the owner it was cut off from.
    private mutating func ask(_ roster: Roster, _ others: Set<MemberID> = []) -> [Action] {
        var new = roster.members.union(others).subtracting([epoch.owner])
        if isEnough(roster, with: [epoch.owner]) { new.insert(epoch.owner) }
        new.subtract(asked)
        asked.formUnion(new)
        return new.sorted().map { .send(.claim(epoch), to: $0) }
    }

    private mutating func merge(_ report: HoldingReport, from sender: MemberID, now: Timestamp) -> [Action] {
        guard case .collecting = phase else { return [] }
        reports[sender] = report
        // Members come in order, so that of equals the same one is chosen everywhere.
        let best = reports.sorted { $0.key < $1.key }.max { Self.isBehind($0.value, $1.value) }
        guard let best else { return [] }
        let roster = isBetter(best.value) ? best.value.roster ?? known : known
        guard let own = reports[epoch.owner], isEnough(roster) else {
            // Whoever is no member any more counts for nothing, but knows who is.
            let others = reports.filter { $0.value.isDismissal(of: $0.key) }.compactMap(\.value.roster)
            return ask(roster, others.reduce(into: []) { $0.formUnion($1.members) })
        }
        let done = reports.values.reduce(into: SequenceSet()) { $0 = $0.union($1.finished) }
        let theirs = best.value
        let missing = theirs.unfinished.subtracting(own.unfinished).union(theirs.finished).subtracting(own.finished)
        let alien = own.held.subtracting(theirs.held)
        let completed = theirs.unfinished.intersection(done)
        var last: [ReplicaRecord] = []
        if !alien.isEmpty { last.append(.forgotten(Array(alien))) }
        // Exactly when is not known any more, nor needed.
        if !completed.isEmpty { last.append(.completed(Array(completed), at: start)) }
        let plan = Plan(source: best.key, roster: roster, missing: missing, records: [], last: last)
        phase = .fetching(plan)
        progressed = now
        return goOn(plan)
    }

    private func isBetter(_ report: HoldingReport) -> Bool {
        guard let other = report.position else { return false }
        return position.map { $0 < other } ?? true
    }

    private func isEnough(_ roster: Roster, with more: Set<MemberID> = []) -> Bool {
        var reporters = Set(reports.filter { !$0.value.isDismissal(of: $0.key) }.keys).union(more)
        // A test wants to see what comes of it: those left out count as if they had reported.
        for member in roster.members.subtracting(reporters).sorted().prefix(reportsSpared) { reporters.insert(member) }
        guard roster.isEnough(reporting: reporters) else { return false }
        return configuration.partition == .mayRunTwiceFenced || roster.isMajority(reporters)
    }

    private static func isBehind(_ left: HoldingReport, _ right: HoldingReport) -> Bool {
        guard let rightPosition = right.position else { return false }
        return left.position.map { $0 < rightPosition } ?? true
    }

    private mutating func goOn(_ plan: Plan) -> [Action] {
        guard !plan.missing.isEmpty else {
            phase = .ended
            return [.own(Merged(epoch: epoch, roster: plan.roster, records: plan.records + plan.last))]
        }
        return [.send(.fetch(epoch, Array(plan.missing.first(configuration.batchRecords))), to: plan.source)]
    }

    private mutating func take(
        _ records: [ReplicaRecord], of sequences: [UInt64], from sender: MemberID, now: Timestamp
    ) -> [Action] {
        guard case .fetching(var plan) = phase, plan.source == sender, !sequences.isEmpty,
            plan.missing.starts(with: sequences)
        else { return [] }
        progressed = now
        plan.missing = plan.missing.subtracting(SequenceSet(sequences))
        plan.records += records
        phase = .fetching(plan)
        return goOn(plan)
    }
}
