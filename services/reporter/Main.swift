internal import EventLoop
internal import Redis
internal import ServiceKit
internal import ServiceLifecycle

/// The share reporter: takes accepted shares out of the stratum servers' queues and counts them in Redis.
@main
enum Main {
    static func main() async {
        await runService(ReporterConfiguration.self, metadataProvider: .trace) { runtime in
            let (configuration, common, logger) = (runtime.configuration, runtime.common, runtime.logger)
            let loop = try EventLoop(logger: logger)
            let redis = try runtime.sharelogClient(on: loop)
            let state = try runtime.stateClient(on: loop)
            let ledger = ShareLedger(redis, state: state, namespace: common.namespace, options: configuration.counting)
            let reporter = ShareReporter(
                ledger, instance: common.instance, options: configuration.options, readiness: runtime.readiness,
                logger: logger)
            let mesh = try MeshMember(runtime, offering: ReporterService(reporter).definition, on: loop)
            // Shut down in reverse: sources are let go of first, so that others take them up while this one drains.
            return [
                Scope("redis") { await redis.run() },
                Scope("state") { await state.run() },
                mesh,
                Scope("shares") { await reporter.run(on: mesh.node) },
            ]
        }
    }
}
