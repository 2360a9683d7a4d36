internal import EventLoop
internal import Mesh
internal import ServiceKit
internal import ServiceLifecycle

/// The share reporter.
@main
enum Main {
    static func main() async {
        await runService(ReporterConfiguration.self, metadataProvider: .trace) { runtime in
            let loop = try EventLoop(logger: runtime.logger)
            return [try MeshMember(runtime, offering: ServiceDefinition(name: ReporterConfiguration.service), on: loop)]
        }
    }
}
