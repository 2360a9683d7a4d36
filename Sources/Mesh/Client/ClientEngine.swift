/// The calling side of a node: routing tables, calls in flight, streams and subscriptions, decided without any I/O.
///
/// What happened goes in through the methods, with the time; what is to be done is left in ``actions``, in order, for the
/// shell to take with ``takeActions()`` and carry out.
public struct ClientEngine: Sendable {
    /// What the shell has to do.
    public enum Action: Sendable {
        /// Connect; with a routing id nobody else is spoken to, without one whoever listens there is.
        case open(LinkID, endpoint: String, routingID: String?)
        /// Give a connection up.
        case close(LinkID)
        /// Send bytes; tell ``ClientEngine/undeliverable(_:on:now:)`` when the transport refuses them.
        case send(LinkID, [UInt8], MessageID)
        /// A call came to its end.
        case finish(MessageID, Result<Payload, MeshError>)
        /// A stream has an item.
        case item(MessageID, Payload)
        /// A stream ended, with an error or without.
        case end(MessageID, MeshError?)
        /// A subscription has something to tell.
        case delivery(SubscriptionID, Merger.Output)
        /// The routing table of a service changed.
        case tableChanged(String)
        /// Something for the log.
        case note(String)
    }

    /// What waits for its time.
    enum Wait: Hashable, Sendable {
        case call(MessageID)
        case stream(MessageID)
        case link(LinkID)
        case subscription(SubscriptionID)
        case tables
    }

    let limits: Limits
    /// The caller's own zone; empty for none.
    let zone: String
    var random: MeshRandom
    var identifiers: MessageIDSource
    var links: [LinkID: Link] = [:]
    var lastLink: UInt64 = 0
    var tables: [String: RoutingTable] = [:]
    var endpoints: [String: LinkID] = [:]
    var calls: [MessageID: PendingCall] = [:]
    var waiting: [String: [MessageID]] = [:]
    var streams: [MessageID: ClientStream] = [:]
    var subscriptions: [SubscriptionID: Subscription] = [:]
    var lastSubscription: UInt64 = 0
    var retries: RetryBudget
    var waits = DeadlineQueue<Wait>()
    var actions: [Action] = []
    var lastRegistry: [RegistryEvent] = []

    /// An engine that knows nobody.
    public init(limits: Limits = Limits(), zone: String = "", random: MeshRandom) {
        self.limits = limits
        self.zone = zone
        self.random = random
        identifiers = MessageIDSource(using: &self.random)
        retries = RetryBudget(ratio: limits.retryRatio)
    }

    /// Takes what is to be done, in order.
    public mutating func takeActions() -> [Action] {
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    /// Whether there is anything to be done.
    public var hasActions: Bool { !actions.isEmpty }

    /// When ``tick(now:)`` has to be called at the latest; nil while nothing waits.
    public var nextDeadline: MeshInstant? { waits.earliest }

    /// Names a call or a stream that is about to be begun.
    public mutating func nextIdentifier() -> MessageID { identifiers.next() }

    /// How many calls, streams and waits are held: to check that nothing grows without bound.
    public var heldCount: Int { calls.count + streams.count + links.count + waiting.values.reduce(0) { $0 + $1.count } }

    /// The instances of a service that is being watched.
    public func instances(of service: String) -> [RoutingTable.Entry] { tables[service]?.instances ?? [] }

    /// Whether the registry has been heard about a service.
    public func hasSnapshot(of service: String) -> Bool { tables[service]?.hasSnapshot ?? false }

    /// Time has passed.
    public mutating func tick(now: MeshInstant) {
        while let due = waits.popDue(now: now) {
            switch due {
            case .call(let identifier): callIsDue(identifier, now: now)
            case .stream(let identifier): streamIsDue(identifier, now: now)
            case .link(let link): linkIsDue(link, now: now)
            case .subscription(let identifier): subscriptionIsDue(identifier, now: now)
            case .tables: tablesAreDue(now: now)
            }
        }
        compactWaits()
    }

    mutating func compactWaits() {
        waits.compact(liveCount: calls.count + streams.count + links.count + subscriptions.count) { wait in
            switch wait {
            case .call(let identifier): calls[identifier] != nil
            case .stream(let identifier): streams[identifier] != nil
            case .link(let link): links[link] != nil
            case .subscription(let identifier): subscriptions[identifier] != nil
            case .tables: true
            }
        }
    }
}
