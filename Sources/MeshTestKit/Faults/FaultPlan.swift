internal import Mesh

/// Which faults a run meets, and when.
struct FaultPlan {
    let scene: Scene

    func begin() {
        let world = scene.world
        for _ in 0..<world.chance.number(3...8) {
            world.clock.after(world.chance.seconds(Scene.faultTime)) { inject() }
        }
    }

    private func inject() {
        let chance = scene.world.chance
        let publisher = chance.one(of: scene.publishers)
        publisher.crash(restartAfter: chance.seconds(0.1...5), onSamePort: chance.isTrue(0.5))
        scene.faults.append("crash of \(publisher.name.instance)")
    }
}
