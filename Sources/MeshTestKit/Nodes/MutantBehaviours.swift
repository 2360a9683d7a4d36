internal import Mesh

extension Mutant {
    var behaviour: ConsumerBehaviour { ConsumerBehaviour() }
}
