public import Logging
public import Mesh
internal import Synchronization

/// A durable queue as a member of groups: what it takes in is held by other instances of its service before it is acknowledged, and it holds
/// theirs; when one dies, another runs what it left.
///
/// ```swift
/// let group = QueueGroup(store: store, service: "stratum", configuration: configuration)
/// group.offer(on: &service)                      // before the node is made
/// async let membership: Void = group.run(on: node)
/// async let work: Void = group.queue.run { deliveries in … }
/// ```
/// Instances find each other in the registry, where each names its store. Under `queueOnly` it does nothing, and the queue is as if alone.
public final class QueueGroup: Sendable {
    /// The queue, to be given entries and run. Both ``run(on:)`` and one of its own `run` have to be under way.
    public let queue: DurableQueue
    /// Who it is in groups: its store.
    public let member: MemberID

    private let service: String
    private let replication: ReplicationConfiguration
    let directory = Mutex(MemberDirectory())
    private let logger: Logger

    /// A queue over what a store recovered, in the groups of a service.
    ///
    /// - Parameters:
    ///   - store: whose recovery says what there is to do; it belongs to this queue alone.
    ///   - service: whose instances are the members; all of them that have a queue of this name.
    ///   - configuration: its name is at most 26 lower-case letters, digits and dashes.
    public init(
        store: any DurableStore, service: String, configuration: QueueConfiguration,
        replication: ReplicationConfiguration = ReplicationConfiguration(), clock: QueueClock = .system(),
        random: MeshRandom = .system(), logger: Logger = Logger(label: "headframe.queue")
    ) {
        self.service = service
        self.replication = replication
        self.logger = logger
        member = MemberID(ofStore: store.origin)
        queue = DurableQueue(
            store: store, configuration: configuration, replication: replication, clock: clock, random: random,
            logger: logger)
    }

    private var method: String { "queueReplica-\(queue.configuration.name)" }

    /// The attribute in the registry's record that names the store.
    private var attribute: String { "queue-\(queue.configuration.name)" }

    /// Offers the method by which members speak to each other.
    public func offer(on service: inout ServiceDefinition) {
        guard queue.configuration.mode != .queueOnly else { return }
        service.method(
            method, "Takes messages between the members of a queue's groups.", arguments: ["to", "from", "messages"]
        ) { [weak self] (_, receiver: String, sender: String, messages: [UInt8]) -> Int in
            try self?.take(messages, from: MemberID(sender), for: MemberID(receiver)) ?? 0
        }
    }

    private func take(_ messages: [UInt8], from sender: MemberID, for receiver: MemberID) throws -> Int {
        guard receiver == member else { throw NotThisMember(member: member, meant: receiver) }
        guard let letters = ReplicaCoding.decode(messages) else { throw MalformedMessages(sender: sender) }
        queue.receive(letters, from: sender)
        return letters.count
    }

    /// Takes part until its task is cancelled: is found, sends, answers, keeps time.
    public func run(on node: MeshNode) async {
        guard queue.configuration.mode != .queueOnly, queue.refusal == nil else { return await Self.untilCancelled() }
        node.setAttribute(attribute, to: member.name)
        node.observe(service) { [weak self] entries in self?.note(entries) }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepTime() }
            for await _ in queue.groupBell.rings() {
                let (letters, reads) = queue.takeGroupWork(present: directory.withLock { $0.present })
                for read in reads { group.addTask { await self.queue.answer(read) } }
                for (member, letters) in letters {
                    group.addTask { await self.send(letters, to: member, on: node) }
                }
            }
            group.cancelAll()
        }
    }

    private static func untilCancelled() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in stream {}
        continuation.finish()
    }

    private func keepTime() async {
        let interval = max(replication.heartbeat / 4, .milliseconds(5))
        while (try? await Task.sleep(for: interval)) != nil {
            queue.tickGroup(reachable: directory.withLock { $0.reachable }.subtracting([member]))
        }
    }

    private func note(_ entries: [RoutingTable.Entry]) {
        directory.withLock { $0 = MemberDirectory(entries, attribute: attribute) }
    }

    private func send(_ letters: [Outbox.Letter], to receiver: MemberID, on node: MeshNode) async {
        defer { queue.sent(to: receiver) }
        guard let instance = directory.withLock({ $0[receiver] }) else { return }
        do {
            let _: Int = try await node.call(
                .instance(instance), method, receiver.name, member.name, ReplicaCoding.encode(letters),
                options: CallOptions(timeout: replication.resendAfter, failsFast: true))
        } catch {
            // Whether it came or not is known by the answers, which are messages of their own.
            logger.debug(
                "A member was not reached",
                metadata: ["queue": "\(queue.configuration.name)", "member": "\(receiver)", "error": "\(error)"])
        }
    }

    /// Who is there, who owns what, how far the members have come.
    public var status: ReplicationStatus? {
        guard var status = queue.replication else { return nil }
        let instances = directory.withLock { $0.instances }
        status.instances = instances
        return status
    }
}

/// A message reached an instance whose store is another by now.
private struct NotThisMember: RemoteFailure {
    let member: MemberID
    let meant: MemberID
    var remoteName: String { "NotThisMember" }
    var remoteMessage: String {
        "the messages are for the store \(meant), this instance has \(member): look into the registry again"
    }
}

/// Bytes that are no messages.
private struct MalformedMessages: RemoteFailure {
    let sender: MemberID
    var remoteName: String { "MalformedMessages" }
    var remoteMessage: String { "the messages from \(sender) cannot be read: its version may be another" }
}
