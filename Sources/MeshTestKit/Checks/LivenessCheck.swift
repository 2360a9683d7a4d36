internal import Mesh

/// What has to happen within a time, looked at four times a second.
///
/// - A call ends by its deadline.
/// - A consumer leaves a branch that more than half of its publishers are not on, a network that few are on,
///   and a position that nobody is at.
/// - While one honest publisher can be reached, nothing that it published is missing for long.
/// - Nothing grows without bound.
final class LivenessCheck {
    /// How long a path has to have been good before something is asked of it: asking a publisher again takes up to 5 s.
    static let patience: Duration = .seconds(8)
    /// How long a publication may be under way, the slowest network included.
    static let transit: Duration = .seconds(2)
    /// What the merger's own delays may be exceeded by.
    static let slack: Duration = .milliseconds(1500)
    private static let interval: Duration = .milliseconds(250)

    private struct Path: Hashable {
        let consumer: ObjectIdentifier
        let publisher: ObjectIdentifier
    }

    private struct Good {
        let session: SimulatedSession
        let since: MeshInstant
    }

    private unowned let scene: Scene
    private var good: [Path: Good] = [:]

    init(scene: Scene) { self.scene = scene }

    private var world: World { scene.world }

    func begin() {
        world.clock.after(Self.interval) { [self] in
            for consumer in scene.consumers { look(at: consumer) }
            for publisher in scene.publishers {
                if let node = publisher.present, node.channelCount > 100 {
                    world.violation("\(publisher.host) serves \(node.channelCount) channels")
                }
            }
            begin()
        }
    }

    private func look(at consumer: SimulatedConsumerNode) {
        guard !consumer.process.isFrozen else { return }
        consumer.reconsider()
        for call in consumer.overdueCalls {
            world.violation("\(consumer.name): the call \(call) has not ended in time")
        }
        if consumer.heldCount > 100 { world.violation("\(consumer.name) holds \(consumer.heldCount) things") }
        let policy = Merger.Policy()
        expect(consumer, consumer.stream.outvotedSince, policy.minorityDelay, "stays where the fewer are")
        expect(consumer, consumer.stream.unsupportedSince, policy.unsupportedDelay, "stays where nobody is")
        expect(consumer, consumer.stream.foreignSince, policy.minorityDelay, "stays on a network that few are on")
        for supervisor in scene.publishers {
            if let publisher = supervisor.present { look(at: consumer, publisher, supervisor.daemon) }
        }
    }

    private func expect(
        _ consumer: SimulatedConsumerNode, _ since: MeshInstant?, _ delay: Duration, _ text: String
    ) {
        if let since, world.now - max(since, consumer.process.resumedAt) > delay + Self.slack {
            world.violation("\(consumer.name) \(text): \(consumer.stream.current?.key ?? "?")")
        }
    }

    // MARK: Nothing is missed

    private func look(at consumer: SimulatedConsumerNode, _ publisher: SimulatedPublisherNode, _ daemon: Daemon) {
        let path = Path(consumer: ObjectIdentifier(consumer), publisher: ObjectIdentifier(publisher))
        guard publisher.isServing, consumer.slowness == .zero,
            let link = consumer.routableLink(to: publisher), let connection = consumer.connections[link],
            connection.isHealthy,
            let session = connection.session
        else { return good[path] = nil }
        let beginning = good[path].flatMap { $0.session === session ? $0.since : nil } ?? world.now
        good[path] = Good(session: session, since: beginning)
        guard world.now - beginning > Self.patience else { return }
        guard consumer.stream.sources[link] != nil else {
            return world.violation("\(consumer.name) has no stream from \(publisher.name.instance), which it can reach")
        }
        guard daemon.deceit == nil, let last = publisher.published.last(where: { world.now - $0.time > Self.transit }),
            last.isHonest, let block = last.block
        else { return }
        guard let current = consumer.stream.current else {
            return world.violation("\(consumer.name) never got \(last.key) of \(last.publisher)")
        }
        if let standing = current.block, standing != block, world.chain.isAncestor(standing, of: block) {
            world.violation("\(consumer.name) stands at \(current.key) and misses \(last.key) of \(last.publisher)")
        }
    }
}
