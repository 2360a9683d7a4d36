public import EventLoop
public import Logging
public import Mesh
public import Redis
internal import Synchronization

/// The registry of a mesh in Redis: one expiring hash an instance, an index of them, and a stream of changes.
///
/// Everything in it is a hint; consumers keep what they know while it is away. Records and events that somebody else wrote and that
/// make no sense are skipped, counted and logged, and do no other harm.
public final class RedisRegistry: Registry {
    /// What a registry in Redis is told.
    public struct Configuration: Sendable {
        /// The server and how to talk to it.
        public var redis: RedisConfiguration
        /// What the keys begin with, in braces: one mesh, one namespace.
        public var namespace = "headframe"
        /// How long a record stays listed without renewal.
        public var timeToLive = Duration.seconds(15)

        /// A configuration with the defaults.
        public init(redis: RedisConfiguration) { self.redis = redis }
    }

    /// An instance as the registry lists it.
    public struct ListedInstance: Sendable {
        /// What it says of itself.
        public let record: InstanceRecord
        /// How long ago it was renewed, in Redis' time.
        public let heartbeatAge: Duration
    }

    let configuration: Configuration
    let addressSource: (any RedisAddressSource)?
    let loop: EventLoop
    let logger: Logger
    let keys: RegistryKeys
    private let client: RedisClient
    private let skipped = Atomic<Int>(0)
    private let skipLog = Mutex<ContinuousClock.Instant?>(nil)

    /// Makes a registry whose calls fail until it ``run()``s.
    ///
    /// - Parameters:
    ///   - addressSource: Where the server's address comes from; the configuration's URL unless given.
    ///   - loop: The I/O thread; it has to outlive the registry.
    public init(
        configuration: Configuration, addressSource: (any RedisAddressSource)? = nil, loop: EventLoop,
        logger: Logger = Logger(label: "headframe.registry")
    ) {
        self.configuration = configuration
        self.addressSource = addressSource
        self.loop = loop
        self.logger = logger
        keys = RegistryKeys(namespace: configuration.namespace)
        client = RedisClient(
            configuration: configuration.redis, addressSource: addressSource, loop: loop, logger: logger)
    }

    /// Stays connected until the task is cancelled. It runs once; ``watch(_:)`` has a connection of its own.
    public func run() async { await client.run() }

    /// How the connection for announcements is doing.
    public var status: RedisStatus { client.status }

    /// How the connection for announcements is doing now, and every change of it.
    public func statusChanges() -> AsyncStream<RedisStatus> { client.statusChanges() }

    /// How many records and events of somebody else were skipped because they make no sense.
    public var skippedRecords: Int { skipped.load(ordering: .relaxed) }

    /// How long a record stays listed without renewal.
    public var timeToLive: Duration { configuration.timeToLive }

    /// Counts a record that was skipped, and says so at most every ten seconds.
    func skip(_ what: String, _ problem: MalformedRecord) {
        let count = skipped.add(1, ordering: .relaxed).newValue
        let isDue = skipLog.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last < .seconds(10) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        logger.warning(
            "Skipped an entry of the registry that this mesh did not write",
            metadata: [
                "entry": "\(what)", "field": "\(problem.field)", "skipped": "\(count)",
                "namespace": "\(configuration.namespace)",
            ])
    }
}

// MARK: - Registry

extension RedisRegistry {
    /// How long one step may take: some of them fit into the time to live, so that a failed renewal is tried again before it lapses.
    private var stepDeadline: Duration { min(max(timeToLive / 6, .milliseconds(200)), .seconds(2)) }

    /// Hands out the epoch of a new life. Waits while Redis is away.
    ///
    /// - Throws: `CancellationError` when the caller gives up; ``RedisRegistryError`` for a name that cannot be used.
    public func reserve(_ name: InstanceName) async throws -> Epoch {
        try check(name)
        var lastSaid: ContinuousClock.Instant?
        while true {
            try Task.checkCancellation()
            do throws(RedisError) {
                let reply = try await client.run(
                    RegistryScripts.reserve, keys: [keys.record(name), keys.epochs],
                    arguments: [RedisArgument(name.service)],
                    deadline: stepDeadline, whenDisconnected: .wait)
                return try epoch(reply, of: name)
            } catch {
                if lastSaid.map({ .now - $0 > .seconds(30) }) ?? true {
                    logger.warning("Waiting for Redis to hand out an epoch to \(name): \(error.message)")
                    lastSaid = .now
                }
                // A wait without a connection has taken its time already; a refusal has not.
                if error.code != .notConnected { try await Task.sleep(for: .milliseconds(.random(in: 250...750))) }
            }
        }
    }

    /// Lists the record, or renews it, for the time to live.
    public func announce(_ record: InstanceRecord) async throws -> Announcement {
        try check(record.name)
        guard record.epoch < RecordFields.epochLimit else {
            throw RedisRegistryError(
                code: .invalidRecord,
                message: "The epoch \(record.epoch) of \(record.name) was not handed out by reserve")
        }
        let quiet = RecordFields.quiet(record)
        var arguments: [RedisArgument] = [
            RedisArgument(record.name.service), RedisArgument(record.name.instance), RedisArgument(record.epoch),
            RedisArgument(RecordFields.nonce(record.nonce)), RedisArgument(timeToLive.wholeMilliseconds),
            RedisArgument(quiet.count / 2),
        ]
        arguments += quiet + RecordFields.telling(record)
        let reply = try await run(
            RegistryScripts.announce,
            [keys.record(record.name), keys.index, RedisArgument(keys.events), keys.epochs, keys.sequence], arguments,
            doing: "announcing \(record.name)")
        guard let newer = reply.string, !newer.isEmpty else { return .listed }
        return .fenced(by: try epoch(reply, of: record.name))
    }

    /// Takes one life of an instance out of the list; a newer one stays.
    public func leave(_ name: InstanceName, epoch: Epoch) async throws {
        try check(name)
        _ = try await run(
            RegistryScripts.leave, [keys.record(name), keys.index, RedisArgument(keys.events), keys.sequence],
            [RedisArgument(name.service), RedisArgument(name.instance), RedisArgument(epoch)],
            doing: "deregistering \(name)")
    }

    /// Everything that is listed at this moment.
    public func list() async throws(RedisRegistryError) -> [ListedInstance] {
        let reply = try await run(
            RegistryScripts.snapshot, [keys.index, RedisArgument(keys.events), keys.sequence],
            [RedisArgument(keys.recordPrefix)], doing: "listing the registry")
        guard let snapshot = RegistrySnapshot(reply) else { throw .unexpected(reply) }
        for (member, problem) in snapshot.malformed { skip(member, problem) }
        return snapshot.listed.map { ListedInstance(record: $0.record, heartbeatAge: $0.heartbeatAge) }
    }

    /// The services that were ever reserved an epoch, whether or not an instance of them is listed now.
    public func knownServices() async throws(RedisRegistryError) -> Set<String> {
        do throws(RedisError) {
            let reply = try await client.send(
                [RedisArgument("HKEYS"), keys.epochs], deadline: stepDeadline, whenDisconnected: .wait)
            return Set((reply.array ?? []).compactMap(\.string))
        } catch {
            throw RedisRegistryError(code: .unreachable, message: "reading the known services failed", cause: error)
        }
    }

    private func run(
        _ script: RedisScript, _ keys: [RedisArgument], _ arguments: [RedisArgument], doing: String
    ) async throws(RedisRegistryError) -> RedisValue {
        do throws(RedisError) {
            return try await client.run(
                script, keys: keys, arguments: arguments, deadline: stepDeadline, whenDisconnected: .wait)
        } catch {
            throw RedisRegistryError(code: .unreachable, message: "\(doing) failed", cause: error)
        }
    }

    private func check(_ name: InstanceName) throws(RedisRegistryError) {
        guard RegistryKeys.isUsable(name) else {
            throw RedisRegistryError(
                code: .invalidRecord,
                message:
                    "“\(name)” cannot be registered: use 1 to 100 letters, digits, dots, dashes and underscores for each part"
            )
        }
    }

    private func epoch(_ reply: RedisValue, of name: InstanceName) throws(RedisError) -> Epoch {
        guard let epoch = reply.string.flatMap({ Epoch($0) }) else {
            throw RedisError(code: .unexpectedReply, message: "Redis answered no epoch of \(name) but \(reply)")
        }
        return epoch
    }
}

extension RedisRegistryError {
    static func unexpected(_ reply: RedisValue) -> RedisRegistryError {
        RedisRegistryError(
            code: .unexpectedReply,
            message: "The snapshot script answered something else: \(String(describing: reply).prefix(200))")
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
