internal import AsyncHTTPClient
internal import CoinDaemon
internal import EventLoop
internal import Foundation
internal import Redis
internal import ServiceKit
internal import ServiceLifecycle

/// The job manager: takes block templates from coin daemons and publishes them as jobs.
@main
enum Main {
    static func main() async {
        await runService(JobManagerConfiguration.self, metadataProvider: .trace) { runtime in
            let loop = try EventLoop(logger: runtime.logger)
            let redis = try runtime.stateClient(on: loop)
            let http = HTTPClient(configuration: .coinDaemon)
            let configuration = runtime.configuration
            let store = RedisJobStore(
                redis: redis, namespace: runtime.common.namespace, expiry: configuration.jobExpiry)
            let manager = JobManager(
                try configuration.options(), http: http, store: store,
                ledger: RedisBlockLedger(redis: redis, namespace: runtime.common.namespace),
                wallClockMilliseconds: { Int64(Date().timeIntervalSince1970 * 1000) }, logger: runtime.logger)
            let service = JobService(manager)
            let mesh = try MeshMember(runtime, offering: service.definition, on: loop)
            let publisher = service.publisher(
                on: mesh.node, readiness: runtime.readiness, logger: runtime.logger)
            // Shut down in reverse: the mesh drains first, while jobs are still made and stored.
            return [
                Scope("redis") { await redis.run() },
                Scope("jobs") {
                    await manager.run(publishingTo: publisher)
                    try await http.shutdown()
                },
                mesh,
            ]
        }
    }
}
