internal import Logging
internal import MessagePack
internal import Synchronization

@testable internal import Mesh

/// A node whose thread, network and registry are in the test's hand: nothing happens between two turns.
struct NodeBench {
    let reactor = HandReactor()
    let transport = ScriptedTransport()
    let node: MeshNode
    let route = Route(frames: [[1]])

    init(
        _ service: ServiceDefinition? = nil, limits: Limits = Limits(), logger: Logger = Logger(label: "headframe.mesh")
    ) {
        var configuration = MeshNode.Configuration(
            name: service.map { InstanceName(service: $0.name, instance: "a") })
        configuration.limits = limits
        node = MeshNode(
            configuration, service: service, transport: transport, registry: EmptyRegistry(), reactor: reactor,
            logger: logger)
        // As `run()` does.
        transport.attach(node.core)
        node.core.submit = node.submit
    }

    /// Asks the node for a method, as a peer does.
    func request(_ method: String) {
        let identifier = MessageID(node: 9, count: 1)
        let bytes = Event.encode(EventHeader(messageID: identifier), .method(method), arguments: Payload([0x90]))
        node.core.requested(Payload(bytes), from: route)
        node.core.endOfBatch()
        reactor.turn()
    }
}

/// A thread that runs only when the test says so, and whose time stands still until then.
final class HandReactor: Reactor, TaskExecutor {
    private let work = Mutex<[@Sendable () -> Void]>([])
    private let time = Mutex(MeshInstant.at(0))

    var now: MeshInstant { time.withLock { $0 } }

    func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }

    var taskExecutor: any TaskExecutor { self }

    /// Runs everything that is due, and what comes of it.
    func turn() {
        while true {
            let due = work.withLock { work in
                defer { work = [] }
                return work
            }
            guard !due.isEmpty else { return }
            for step in due { step() }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        work.withLock { $0.append { job.runSynchronously(on: self.asUnownedTaskExecutor()) } }
    }

    func inbox<Element: Sendable>(
        receive: @escaping @Sendable ([Element]) -> Void
    ) -> @Sendable (Element) -> Void {
        let batch = Batch<Element>()
        return { element in
            guard batch.append(element) else { return }
            self.work.withLock { $0.append { receive(batch.take()) } }
        }
    }

    func wake(at time: MeshInstant, _ work: @escaping @Sendable () -> Void) {}

    private final class Batch<Element: Sendable>: Sendable {
        private let elements = Mutex<[Element]>([])

        /// Whether it is the first of a new batch.
        func append(_ element: Element) -> Bool {
            elements.withLock { elements in
                elements.append(element)
                return elements.count == 1
            }
        }

        func take() -> [Element] {
            elements.withLock { elements in
                defer { elements = [] }
                return elements
            }
        }
    }
}

/// A network that takes what it is told to take and keeps it.
final class ScriptedTransport: Transport {
    private struct State {
        var outcome = SendOutcome.taken
        var sent: [[UInt8]] = []
        var opened: [LinkID] = []
    }

    private let state = Mutex(State())

    /// What becomes of everything that is sent from now on.
    func setOutcome(_ outcome: SendOutcome) { state.withLock { $0.outcome = outcome } }

    /// What it took: messages and replies.
    var sent: [[UInt8]] { state.withLock { $0.sent } }
    var events: [Event] { sent.compactMap { try? Event(decoding: Payload($0)) } }
    var opened: [LinkID] { state.withLock { $0.opened } }

    func send(_ bytes: [UInt8], on link: LinkID) -> SendOutcome { take(bytes) }
    func reply(_ bytes: [UInt8], to route: Route) -> SendOutcome { take(bytes) }

    private func take(_ bytes: [UInt8]) -> SendOutcome {
        state.withLock { state in
            if state.outcome == .taken { state.sent.append(bytes) }
            return state.outcome
        }
    }

    func open(_ link: LinkID, endpoint: String, routingID: String?) { state.withLock { $0.opened.append(link) } }
    func attach(_ delegate: any TransportDelegate) {}
    func bind(routingID: String) throws -> String { "tcp://127.0.0.1:1" }
    func close(_ link: LinkID) {}
    func close(linger: Duration) {}
}

/// A registry that lists nobody.
struct EmptyRegistry: Registry {
    let timeToLive = Duration.seconds(15)

    func reserve(_ name: InstanceName) async throws -> Epoch { 1 }
    func announce(_ record: InstanceRecord) async throws -> Announcement { .listed }
    func leave(_ name: InstanceName, epoch: Epoch) async throws {}
    func watch(_ receive: @escaping @Sendable (RegistryEvent) -> Void) async throws { receive(.snapshot([])) }
}
