internal import Mesh

/// What has to hold when all faults have been over for ``Scene/end`` less the end of ``Scene/faultTime``: three times the
/// registry's time to live and snapshot interval.
struct FinalCheck {
    let scene: Scene

    private var world: World { scene.world }

    func run() {
        let live = scene.publishers.compactMap(\.present)
        if live.count != scene.publishers.count { world.violation("a publisher was not started again") }
        for consumer in scene.consumers {
            checkTable(of: consumer, live)
            checkStream(of: consumer)
            if consumer.callsUnderWay > 0 { world.violation("\(consumer.name) has calls that do not end") }
            // A connection and a stream for each publisher, and nothing else.
            if consumer.heldCount != 2 * live.count {
                world.violation("\(consumer.name) holds \(consumer.heldCount) things, not \(2 * live.count)")
            }
        }
        for publisher in live where publisher.channelCount != scene.consumers.count {
            world.violation("\(publisher.name.instance) serves \(publisher.channelCount) channels in the end")
        }
    }

    /// Everybody knows exactly the lives that there are, and can reach them.
    private func checkTable(of consumer: SimulatedConsumerNode, _ live: [SimulatedPublisherNode]) {
        let known = consumer.instances.map {
            "\($0.record.name.instance)#\($0.record.epoch) \($0.isRoutable ? "routable" : "\($0.state)")"
        }
        let expected = live.map { "\($0.name.instance)#\($0.record.epoch) routable" }
        if known.sorted() != expected.sorted() {
            world.violation("\(consumer.name) knows \(known.sorted()), there are \(expected.sorted())")
        }
    }

    private func checkStream(of consumer: SimulatedConsumerNode) {
        guard let current = consumer.stream.current, current.block == world.chain.view.block else {
            return world.violation(
                "\(consumer.name) ends at \(consumer.stream.current?.key ?? "nothing"), not at \(world.chain.view)")
        }
    }
}
