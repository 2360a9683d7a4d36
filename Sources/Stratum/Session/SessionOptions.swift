/// What one connection is given; each listening port may have its own.
public struct SessionOptions: Sendable, Hashable {
    /// How the difficulty follows the hash rate, before the miner asks for anything.
    public var vardiff: VardiffOptions
    /// What a miner may ask for by its password, `mining.suggest_difficulty` or `minimum-difficulty`; asked for beyond, it gets the bound.
    public var allowedDifficulty: ClosedRange<Double>
    /// The version bits that miners may roll (BIP 310); 0 for none.
    public var versionMask: UInt32 = 0x1fff_e000

    /// The most jobs whose shares are accepted at a time.
    public var jobLimit = 16
    /// How long shares of a job are accepted after a newer job of the same block was issued.
    public var supersededJobAge: Duration = .seconds(300)
    /// How long a job is mined on that was neither followed nor confirmed.
    public var jobAge: Duration = .seconds(3600)
    /// The most shares accepted for one job.
    public var sharesPerJob = 16384
    /// How far a share's time may lie after the job's, in seconds. Nodes take up to two hours.
    public var timeRoll: UInt32 = 7000
    /// After how long a silence something is sent: many miners give up after 120 s.
    public var silence: Duration = .seconds(55)

    /// The most bytes of a line.
    public var lineLimit = 16 << 10
    /// The bounds of what a line may hold.
    public var messageLimits = MessageLimits()
    /// The most workers of a connection.
    public var workerLimit = 64
    /// How many lines that are no messages end the connection, when they come within ``garbageMemory``.
    public var garbageLimit = 5
    /// After how long a line that was no message is forgiven.
    public var garbageMemory: Duration = .seconds(60)
    /// The most requests that wait for their reply.
    public var pendingLimit = 1024
    /// The most bytes of requests that wait for an authorization.
    public var backlogLimit = 64 << 10

    /// Options; the difficulty that may be asked for is by default what the vardiff is bound to.
    public init(vardiff: VardiffOptions = VardiffOptions(), allowedDifficulty: ClosedRange<Double>? = nil) {
        self.vardiff = vardiff
        self.allowedDifficulty = (allowedDifficulty ?? vardiff.bounds).clamped(to: VardiffOptions.sensible)
    }
}
