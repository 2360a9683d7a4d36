public import Logging
internal import Synchronization

/// A process's place in the mesh: it serves one service, or none, and calls any number of others.
///
/// Its life is the scope of ``run()``. Everything public may be called from anywhere; calls made before the node runs wait.
public final class MeshNode: Sendable {
    /// Who a node is and how it behaves.
    public struct Configuration: Sendable {
        /// Who it is; nil for a node that only calls.
        public var name: InstanceName?
        /// The version of its program.
        public var version = ""
        /// Where it stands; it prefers to call its own zone. Empty for none.
        public var zone = ""
        /// Its share of the calls, 1 to 1000.
        public var weight = 100
        /// The host that it runs on, for people.
        public var host = ""
        /// Its process id, for people.
        public var pid: Int32 = 0
        /// When it started, in milliseconds of Unix time, for people.
        public var startedMilliseconds: Int64 = 0
        /// How long ``drain(budget:)`` leaves consumers to move to others before it ends their streams.
        public var moveTime: Duration = .milliseconds(500)
        /// Its bounds.
        public var limits = Limits()

        /// A node that only calls.
        public init(name: InstanceName? = nil) { self.name = name }
    }

    struct Standing {
        var state = InstanceState.starting
        var epoch: Epoch?
        var endpoint: String?
        var isLeaving = false
        var attributes: [String: String] = [:]
    }

    let configuration: Configuration
    let registry: any Registry
    let reactor: any Reactor
    let core: NodeCore
    let submit: @Sendable (NodeCommand) -> Void
    let logger: Logger
    let identifiers: Mutex<MessageIDSource>
    let standing = Mutex(Standing())
    let announcements = Signal()
    let departure = Signal()

    /// Makes a node; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: Who it is.
    ///   - service: What it offers; its name is that of the configuration.
    ///   - transport: What moves its bytes.
    ///   - registry: Where it is found and finds others.
    ///   - reactor: The thread that it lives on, the same as the transport's.
    ///   - logger: Where it says what happens.
    public init(
        _ configuration: Configuration, service: ServiceDefinition? = nil, transport: any Transport,
        registry: any Registry,
        reactor: any Reactor, logger: Logger = Logger(label: "headframe.mesh")
    ) {
        precondition(
            service?.name == configuration.name?.service, "a node's name and its service's have to be the same")
        self.configuration = configuration
        self.registry = registry
        self.reactor = reactor
        self.logger = logger
        var random = SystemRandomNumberGenerator()
        identifiers = Mutex(MessageIDSource(using: &random))
        let core = NodeCore(
            reactor: reactor, transport: transport, service: service, limits: configuration.limits,
            zone: configuration.zone,
            logger: logger)
        self.core = core
        submit = reactor.inbox { core.run($0) }
    }

    /// The endpoint that it listens on, once it does.
    public var endpoint: String? { standing.withLock { $0.endpoint } }

    /// The life of the instance that this process is, once the registry has given it.
    public var epoch: Epoch? { standing.withLock { $0.epoch } }

    /// Whether it takes work, in its own words.
    public var state: InstanceState { standing.withLock { $0.state } }

    /// Says that the service takes work now.
    public func setReady() { change(to: .ready) }

    /// Says that the service takes no work for the moment, though it runs.
    public func setNotReady() { change(to: .starting) }

    /// Tells others something through the record's ``InstanceRecord/attributes``, at once where it is listed.
    ///
    /// - Precondition: ``InstanceRecord/isAttribute(_:_:)``, and no more than ``InstanceRecord/attributeLimit`` of them.
    public func setAttribute(_ name: String, to value: String) {
        precondition(
            InstanceRecord.isAttribute(name, value), "“\(name)” with “\(value)” cannot be an attribute of a record")
        standing.withLock {
            $0.attributes[name] = value
            precondition($0.attributes.count <= InstanceRecord.attributeLimit, "too many attributes for a record")
        }
        announcements.signal()
    }

    private func change(to state: InstanceState) {
        let hasChanged = standing.withLock { standing in
            guard standing.state != .draining, standing.state != state else { return false }
            standing.state = state
            return true
        }
        if hasChanged { announcements.signal() }
    }

    func nextIdentifier() -> MessageID { identifiers.withLock { $0.next() } }

    /// Runs `body` on the I/O thread and gives its result.
    func onCore<Result: Sendable>(_ body: @escaping @Sendable (NodeCore) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            submit(.perform { core in continuation.resume(returning: body(core)) })
        }
    }

    /// The instances of a service, as this node's routing table has them. Watching begins with the first question.
    public func instances(of service: String) async -> [RoutingTable.Entry] {
        await onCore { core in
            core.client.watch(service, now: core.reactor.now)
            return core.client.instances(of: service)
        }
    }

    /// Tells `observer` of the instances of a service, now and after every change, on the I/O thread.
    public func observe(_ service: String, _ observer: @escaping @Sendable ([RoutingTable.Entry]) -> Void) {
        submit(
            .perform { core in
                core.client.watch(service, now: core.reactor.now)
                core.observers[service, default: []].append(observer)
                observer(core.client.instances(of: service))
            })
    }
}
