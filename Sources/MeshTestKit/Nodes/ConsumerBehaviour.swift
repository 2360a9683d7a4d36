internal import Mesh

/// How what happens reaches a consumer's engine and how what the engine decides reaches the application: unchanged. A mutant
/// overrides one of these and so gets exactly one decision wrong.
class ConsumerBehaviour {
    func heard(_ event: RegistryEvent, by node: SimulatedConsumerNode) { node.apply(event) }

    func received(_ message: [UInt8], on link: LinkID, by node: SimulatedConsumerNode) { node.apply(message, on: link) }

    func decided(_ output: Merger.Output, by node: SimulatedConsumerNode) { node.apply(output) }
}
