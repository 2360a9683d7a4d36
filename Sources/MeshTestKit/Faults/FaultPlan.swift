internal import Mesh

/// Which faults a run meets, when, and how long each lasts; all are over at ``Scene/faultTime``'s end.
struct FaultPlan {
    let scene: Scene
    let healedAt: MeshInstant

    init(scene: Scene) {
        self.scene = scene
        healedAt = scene.world.now + .seconds(Scene.faultTime.upperBound)
    }

    private var world: World { scene.world }
    private var chance: Chance { scene.world.chance }

    func begin() {
        for _ in 0..<chance.number(4...10) {
            let fault = chance.one(of: Fault.allCases)
            world.clock.after(chance.seconds(Scene.faultTime)) { inject(fault) }
        }
    }

    private func inject(_ fault: Fault) {
        let publisher = chance.one(of: scene.publishers)
        let index = chance.number(0...(scene.consumers.count - 1))
        let consumer = scene.consumers[index]
        switch fault {
        case .publisherCrash, .publisherFreeze, .publisherZombie, .publisherHang, .publisherDrain, .daemonStall:
            note(fault, publisher.host)
            strike(publisher, fault)
        case .allPublishersCrash, .allPublishersLower:
            note(fault, "all")
            if fault == .allPublishersLower { scene.shortenChain() }
            for publisher in scene.publishers {
                publisher.crash(restartAfter: chance.seconds(0.1...4), onSamePort: chance.isTrue(0.5))
                if fault == .allPublishersLower { publisher.daemon.catchUp() }
            }
        case .consumerCrash:
            note(fault, consumer.name)
            scene.restartConsumer(index)
        case .consumerFreeze, .consumerSlow, .consumerCutFromRegistry:
            note(fault, consumer.name)
            strike(consumer, fault)
        case .partition:
            note(fault, "\(consumer.name) \(publisher.host)")
            cut(consumer.name, publisher.host, 0.1...12)
        case .publisherCutFromRegistry:
            note(fault, publisher.host)
            cut(publisher.host, "registry", 0.5...15)
        case .registryOutage, .registryFlush, .registryRollback, .registryLosesEvents:
            note(fault, "registry")
            strikeRegistry(fault)
        case .connectionResets:
            note(fault, "network")
            for _ in 0..<chance.number(1...10) {
                world.clock.after(chance.milliseconds(0...2000)) { world.network.resetOneConnection() }
            }
        case .slowNetwork:
            note(fault, "network")
            world.network.delay = 1...Double(chance.number(20...300))
            lasting(0.5...10) { world.network.delay = 0.1...2 }
        case .bogusFork: deceive(publisher, .fork, fault)
        case .bogusNetwork: deceive(publisher, .wrongNetwork, fault)
        case .bogusOrdinal: deceive(publisher, .absurdOrdinal, fault)
        }
    }

    private func note(_ fault: Fault, _ whom: String) {
        scene.note("\(fault) of \(whom)")
    }

    /// Does what ends a fault after a time, at the latest when all faults are over.
    private func lasting(_ seconds: ClosedRange<Double>, _ end: @escaping () -> Void) {
        world.clock.at(min(world.now + chance.seconds(seconds), healedAt), end)
    }

    private func cut(_ one: String, _ other: String, _ seconds: ClosedRange<Double>) {
        world.network.cut(one, other)
        lasting(seconds) { world.network.mend(one, other) }
    }

    private func strike(_ publisher: PublisherSupervisor, _ fault: Fault) {
        guard let node = publisher.present else { return }
        switch fault {
        case .publisherFreeze, .publisherZombie:
            node.process.freeze()
            world.network.froze(node.process)
            if fault == .publisherZombie { publisher.start(after: chance.seconds(0.1...3), onSamePort: false) }
            lasting(0.2...12) {
                world.trace("\(publisher.host) of epoch \(node.record.epoch) goes on")
                node.process.resume()
            }
        case .publisherHang:
            node.hang()
            lasting(0.5...12) { node.recover() }
        case .publisherDrain: node.drain()
        case .daemonStall:
            publisher.daemon.stall()
            lasting(1...10) { publisher.daemon.goOn() }
        default: publisher.crash(restartAfter: chance.seconds(0.1...6), onSamePort: chance.isTrue(0.5))
        }
    }

    private func strike(_ consumer: SimulatedConsumerNode, _ fault: Fault) {
        switch fault {
        case .consumerFreeze:
            consumer.process.freeze()
            world.network.froze(consumer.process)
            lasting(0.2...15) { consumer.process.resume() }
        case .consumerSlow:
            consumer.slowness = chance.seconds(0.2...2)
            lasting(1...10) { consumer.slowness = .zero }
        default:
            consumer.watcher?.cutOff()
            lasting(0.5...15) { consumer.watcher?.reconnect() }
        }
    }

    private func strikeRegistry(_ fault: Fault) {
        let registry = world.registry
        switch fault {
        case .registryFlush: registry.flush()
        case .registryRollback:
            registry.save()
            // A life that began since then is what the older state does not know.
            if chance.isTrue(0.6) {
                strike(chance.one(of: scene.publishers), chance.isTrue(0.7) ? .publisherZombie : .publisherCrash)
            }
            let lag = chance.seconds(1...12)
            world.clock.at(min(world.now + lag, healedAt)) {
                scene.note("rollback of registry")
                registry.rollBack(clockBehindBy: lag * 2)
            }
        case .registryLosesEvents:
            registry.eventLoss = 0.5
            lasting(1...15) { registry.eventLoss = 0 }
        default:
            registry.goAway()
            lasting(0.5...20) { registry.comeBack() }
        }
    }

    /// One publisher at a time may be wrong.
    private func deceive(_ publisher: PublisherSupervisor, _ kind: Daemon.Deceit, _ fault: Fault) {
        guard scene.publishers.allSatisfy({ $0.daemon.deceit == nil }) else { return }
        note(fault, publisher.host)
        publisher.daemon.deceive(kind, forkDepth: chance.number(0...3))
        lasting(2...20) { publisher.daemon.becomeHonest() }
    }
}
