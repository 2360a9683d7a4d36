public import FoundationEssentials
internal import Synchronization

/// How the groups stand that a queue is a member of, as it knows.
public struct ReplicationStatus: Sendable, Codable {
    /// The group of one origin.
    public struct Group: Sendable, Codable {
        /// Whose entries it is about.
        public let origin: UUID
        /// Who owns them, with the number of the ownership; nil if nobody is known to.
        public let owner: TakeoverEpoch?
        /// Whether that is this member, and it is not being given back.
        public let isOwnedHere: Bool
        /// Whether a run may be begun here now.
        public let mayRun: Bool
        /// Who is in the group, as far as is known here.
        public let members: [MemberID]
        /// Whether the group is on its way from one set of members to another, and needs enough of both.
        public let isChanging: Bool
        /// How many besides the owner hold what is acknowledged.
        public let replicas: Int
        /// As the owner: how many records each member lacks; those without a figure have not caught up.
        public let lags: [String: UInt64]
        /// While this member tries to own the entries: whose reports it waits for.
        public let waitingFor: [MemberID]
        /// Entries that wait or run.
        public let unfinished: Int
    }

    /// Who this is.
    public let member: MemberID
    /// By origin, this member's own first.
    public let groups: [Group]
    /// The instances that the members are, as far as they are listed.
    public var instances: [String: String]
}

extension DurableQueue {
    /// How its groups stand; nil for a queue that is in none. ``QueueGroup/status`` knows the instances besides.
    public var replication: ReplicationStatus? {
        core.withLock { core in
            guard let group = core.group else { return nil }
            let now = clock.now
            let groups = group.origins.sorted { left, _ in left == group.origin }.compactMap { origin in
                group.replica[origin].map { ReplicationStatus.Group($0, of: origin, now: now) }
            }
            return ReplicationStatus(member: group.member, groups: groups, instances: [:])
        }
    }

    /// The ownership by which the entries of an origin run here, and are read from here; nil when they are another member's, or nobody's.
    public func epoch(of origin: UUID) -> TakeoverEpoch? { core.withLock { $0.group?.replica[origin]?.epoch } }

    /// The origins whose entries run here.
    public var ownedOrigins: [UUID] { core.withLock { $0.state.ownedOrigins } }
}

extension ReplicationStatus.Group {
    init(_ replica: Replica, of origin: UUID, now: Timestamp) {
        self.origin = origin
        owner = replica.granted
        isOwnedHere = replica.isOwner
        mayRun = replica.mayRun(now: now)
        members = replica.roster.members.sorted()
        isChanging = replica.roster.isChanging
        replicas = replica.replicas
        lags = Dictionary(replica.lags.map { ($0.key.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        waitingFor = replica.waitingFor.sorted()
        unfinished = Int(clamping: replica.unfinished.count)
    }
}
