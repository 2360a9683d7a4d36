import EventLoop
import Mesh
import ServiceKit

struct GreeterConfiguration: ServiceConfiguration {
    static let service = "greeter"
    static let summary = "greets whoever asks"
    static let settings: [Setting<Self>] = []
    var common = ServiceOptions(service: service)
}

@main enum Main {
    static func main() async {
        await runService(GreeterConfiguration.self) { runtime in
            var greeter = ServiceDefinition(name: GreeterConfiguration.service)
            greeter.method("hello", "Greets somebody.", arguments: ["name"]) { (_, name: String) in "Hello, \(name)" }
            let mesh = try MeshMember(runtime, offering: greeter, on: EventLoop(logger: runtime.logger))
            mesh.node.setReady()
            return [mesh]
        }
    }
}
