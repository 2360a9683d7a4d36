internal import EventLoop
internal import Foundation
internal import Mesh
internal import ServiceKit
internal import ServiceLifecycle

/// The stratum server: gives miners the work of the jobmanagers, checks their shares, and passes found blocks on.
@main
enum Main {
    static func main() async {
        await runService(StratumConfiguration.self, metadataProvider: .trace) { runtime in
            let loop = try EventLoop(logger: runtime.logger)
            let options = try runtime.configuration.options()
            let parts = PoolParts(
                options, recorder: ForgetfulRecorder(), blocks: ForgetfulSink(),
                wallClockMilliseconds: { Int64(Date().timeIntervalSince1970 * 1000) }, logger: runtime.logger)
            let server = StratumServer(parts, readiness: runtime.readiness)
            let feed = JobFeed(
                parts.board, ageLimit: runtime.configuration.jobAge, readiness: runtime.readiness, logger: runtime.logger,
                hand: server.hand)
            let service = StratumService(server, feed: feed)
            let mesh = try MeshMember(runtime, offering: service.definition, on: loop)
            let name = InstanceName(service: StratumConfiguration.service, instance: runtime.common.instance)
            // Shut down in reverse: miners leave first, while jobs still come and blocks still go.
            return [
                mesh,
                Scope("jobs") { try await feed.run(on: mesh.node) },
                Scope("extranonces") { await parts.extranonces.run(on: mesh.node, as: name) },
                server,
            ]
        }
    }
}
