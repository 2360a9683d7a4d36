/// What a client is told: the server, its name, deadlines and limits.
public struct RedisConfiguration: Sendable {
    /// The server, the credentials and the database. With another address source than a fixed one, its address is not used.
    public var url: RedisURL
    /// What the connection is called in `CLIENT LIST`; spaces become `-`.
    public var clientName: String
    /// How long a command may take when it says nothing itself.
    public var commandDeadline = Duration.seconds(5)
    /// How long connecting and the greeting (AUTH, SELECT, ...) may take together.
    public var connectDeadline = Duration.seconds(2)
    /// After how long without a single byte from the server a connection is given up: a PING goes out at half of it. A frozen
    /// server or a vanished network is noticed by this alone.
    public var silenceLimit = Duration.seconds(4)
    /// The pauses between attempts to connect.
    public var backoff = RedisBackoff()
    /// What is bounded.
    public var limits = Limits()

    /// The bounds of a client.
    public struct Limits: Sendable {
        /// Commands without an answer, waiting ones included. One more ends at once with `.overloaded`. A command takes a few
        /// hundred bytes, so that the default costs at most some 20 MB.
        public var pendingCommands = 65_536
        /// Bytes of those commands together, 64 MiB. One more ends at once with `.overloaded`.
        public var pendingBytes = 64 << 20
        /// Bytes of one command, 16 MiB. A larger one ends at once with `.invalidCommand`.
        public var commandBytes = 16 << 20
        /// Bytes of one reply, 64 MiB. A larger one breaks the connection, because there is no way to skip it.
        public var replyBytes = 64 << 20
        /// Elements of one array in a reply, 1,048,576. A longer one breaks the connection as well.
        public static let replyElements = 1 << 20

        /// The defaults.
        public init() {}
    }

    /// A configuration with the defaults.
    public init(url: RedisURL, clientName: String = "headframe") {
        self.url = url
        self.clientName = clientName
    }
}

/// The pauses between attempts to connect: they double from `first` to `maximum`, and each is shortened at random by up to a half, so
/// that many clients do not come back at the same instant.
public struct RedisBackoff: Sendable, Hashable {
    /// The first pause.
    public var first = Duration.milliseconds(50)
    /// The longest pause.
    public var maximum = Duration.seconds(2)

    /// The defaults.
    public init() {}

    /// The pause after `failures` failures in a row; `jitter` is in 0..<1.
    func pause(afterFailures failures: Int, jitter: Double) -> Duration {
        let exponent = min(max(failures, 1) - 1, 20)
        let full = min(first * (1 << exponent), maximum)
        return full * (1 - jitter / 2)
    }
}
