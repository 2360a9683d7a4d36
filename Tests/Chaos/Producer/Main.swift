internal import EventLoop
internal import Mesh
internal import ServiceKit
internal import ServiceLifecycle

/// Gives entries to the members of a queue, each to one member, and keeps what was acknowledged.
@main
enum Main {
    static func main() async {
        await runService(ProducerConfiguration.self, metadataProvider: .trace) { runtime in
            let loop = try EventLoop(logger: runtime.logger)
            let mesh = try MeshMember(
                runtime, offering: ServiceDefinition(name: ProducerConfiguration.service), on: loop)
            let record = try AcknowledgedIDs(path: runtime.configuration.record)
            let producer = Producer(
                node: mesh.node, record: record, inFlight: runtime.configuration.inFlight,
                logger: runtime.logger)
            return [mesh, Scope("producer") { await producer.run() }]
        }
    }
}
