/// How a group replicates, and when an owner is given up. Every bound says what happens at it.
public struct ReplicationConfiguration: Sendable {
    /// What happens where fewer than half of the members reach each other.
    public enum Partition: Sendable {
        /// An owner runs only while more than half of the members, itself included, have answered it within ``lease``. Needs three members or more
        /// to survive the loss of one.
        case stopWithoutMajority
        /// An owner runs on, and another one may run the same entries meanwhile: their effects have to be fenced by the epoch.
        case mayRunTwiceFenced
    }

    /// What happens where fewer than half of the members reach each other.
    public var partition = Partition.stopWithoutMajority
    /// How many members a group is to have, its owner included; nil for R + 2, so that one may be away and R + 1 are left. A group with fewer
    /// grows as members appear; one with more stays as it is.
    public var groupSize: Int?
    /// How long a group that has R + 1 members waits before it grows further, so that those who start together are all there to choose from.
    public var growAfter: Duration = .milliseconds(1000)
    /// The most records in one message.
    public var batchRecords = 500
    /// The most payload bytes in one message, unless one record alone has more.
    public var batchBytes = 1 << 20
    /// How many records may be on their way to a member; more wait for its confirmation.
    public var windowRecords = 5000
    /// How many records are kept for members that lag; one that is further behind gets a snapshot.
    public var backlogRecords = 50_000
    /// How large the backlog may grow beyond that, in bytes, while a member catches up that answers; at the bound it gets a snapshot once more.
    public var backlogBytes = 64 << 20
    /// The most entries in one part of a snapshot, which has ``batchBytes`` of payload at most, too.
    public var snapshotEntries = 8192
    /// How often an owner is heard of when there is nothing to send.
    public var heartbeat: Duration = .milliseconds(200)
    /// After what silence a member is sent again what it has not confirmed.
    public var resendAfter: Duration = .milliseconds(1000)
    /// How long the answer to a message lets the owner run, counted from when it sent the message.
    public var lease: Duration = .milliseconds(1500)
    /// How long an owner has to be silent before a member grants its entries to another; above ``lease`` by more than the clocks may drift.
    public var takeoverAfter: Duration = .milliseconds(2000)
    /// How long a claim waits for reports before that is said, and for entries of a report before it is given up. One that lost against another
    /// is made again with a higher epoch after a random while of at most ``takeoverAfter``.
    public var claimWithin: Duration = .milliseconds(1000)
    /// After what silence a member is replaced by another that is there.
    public var replaceAfter: Duration = .seconds(30)

    /// After what absence a member is left out where every member runs everything: what it lacks is kept for it that long.
    public var forgetMemberAfter: Duration = .seconds(86_400)

    /// How many members a group with so many replicas is to have.
    func size(replicas: Int) -> Int { max(groupSize ?? replicas + 2, replicas + 1) }

    /// The defaults.
    public init() {}
}
