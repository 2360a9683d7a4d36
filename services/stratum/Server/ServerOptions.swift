internal import Stratum

/// The options of the server of miners, beside those that every service has.
struct ServerOptions: Sendable {
    /// Where it listens; each address may give its connections other difficulties.
    var listen: [ListenAddress]
    /// The networks of proxies: connections from there begin with a PROXY header, and no others may.
    var proxies: [AddressRange] = []
    /// What a connection is given unless its address of listening says otherwise.
    var session = SessionOptions()
    /// How much one address may have.
    var limits = AddressLimits.Policy()
    /// Who is kept away for a while.
    var bans = Bans.Policy()
    /// How long a connection may take until a worker is authorized.
    var handshakeTimeout: Duration = .seconds(30)
    /// How long a miner may say nothing.
    var idleTimeout: Duration = .seconds(900)
    /// How long a miner may leave what is sent to it unread.
    var sendTimeout: Duration = .seconds(10)
    /// How long a connection that is closed may take to read what was sent before.
    var closeTimeout: Duration = .seconds(1)
    /// The most bytes that wait for one miner to read them, beside the system's buffer.
    var pendingBytes = 256 << 10
    /// The size of the system's buffer of what is sent to one miner.
    var sendBufferBytes = 64 << 10
    /// How many threads serve connections.
    var loopThreads = 1
    /// How many threads hash shares.
    var hashThreads = 1
    /// The most shares that wait for a hashing thread; further ones are answered as busy. About a second's work of one thread.
    var hashQueue = 4096
    /// How often connections are looked at.
    var tick: Duration = .seconds(1)
    /// How long the session of a connection that has ended is kept for the miner to come back to.
    var memoryTime: Duration = .seconds(600)
    /// The most such sessions.
    var memoryLimit = 10_000
    /// How long the first miner waits until the other servers' extranonces are known. Without a registry, chance has to do: one in four
    /// billion for two servers.
    var settleTime: Duration = .seconds(5)
    /// How long miners are left to connect elsewhere at the end.
    var drainTime: Duration = .seconds(2)
}
