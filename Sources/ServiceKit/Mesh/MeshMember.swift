public import EventLoop
internal import Foundation
internal import Glibc
public import Logging
public import Mesh
internal import MeshRedis
internal import MeshZeroMQ
public import Redis
public import ServiceLifecycle
internal import ZeroMQ

/// A process's membership in the mesh: its I/O thread, its sockets, its place in the registry.
///
/// As a service, it runs the node until shutdown; then it drains it within the drain budget: consumers move on, what is at work
/// is finished, and the instance leaves the registry.
public struct MeshMember: Service {
    /// The node.
    public let node: MeshNode

    private let registry: RedisRegistry
    private let options: ServiceOptions
    private let listing: ListingCondition

    /// Makes the membership of a service.
    ///
    /// - Parameters:
    ///   - service: What it offers; its name is the one that others find it by.
    ///   - loop: The process's I/O thread; it outlives the membership.
    /// - Throws: When the registry's URL cannot be read, or the system has nothing left for a socket.
    public init(
        _ runtime: ServiceRuntime<some ServiceConfiguration>, offering service: ServiceDefinition, on loop: EventLoop
    ) throws {
        options = runtime.common
        listing = ListingCondition(runtime.readiness)
        let logger = runtime.logger
        var registryConfiguration = RedisRegistry.Configuration(
            redis: RedisConfiguration(url: try RedisURL(options.discovery.text), clientName: options.instance))
        registryConfiguration.namespace = options.namespace
        registryConfiguration.timeToLive = options.registryTTL
        registry = RedisRegistry(
            configuration: registryConfiguration, loop: loop, logger: logger.ofConnection("registry"))
        // Watching has a connection of its own, which the log tells apart.
        let watched = RedisRegistry(
            configuration: registryConfiguration, loop: loop, logger: logger.ofConnection("registry watch"))
        var transportConfiguration = ZeroMQTransport.Configuration()
        transportConfiguration.bindAddress = options.bind
        transportConfiguration.advertisedAddress = options.advertise
        transportConfiguration.ports = options.ports.ports
        let transport = ZeroMQTransport(transportConfiguration, context: try Context(), loop: loop, logger: logger)
        node = MeshNode(
            Self.configuration(options, service: service.name),
            service: service.answeringReadiness(of: runtime.readiness), transport: transport,
            registry: ObservedRegistry(registry, watched: watched, listing), reactor: loop, logger: logger)
        runtime.watchdog.watch("the I/O loop") { answer in loop.execute(answer) }
    }

    private static func configuration(_ options: ServiceOptions, service: String) -> MeshNode.Configuration {
        var configuration = MeshNode.Configuration(name: InstanceName(service: service, instance: options.instance))
        configuration.version = HeadframeVersion.current
        configuration.zone = options.zone ?? ""
        configuration.weight = options.weight
        configuration.host = hostName()
        configuration.pid = ProcessInfo.processInfo.processIdentifier
        configuration.startedMilliseconds = Int64(Date().timeIntervalSince1970 * 1000)
        return configuration
    }

    /// The name that the system gives this host. Foundation's would ask DNS, and wait for it.
    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Lives in the mesh until graceful shutdown, then drains.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run() }
            group.addTask { try await node.run() }
            group.addTask { await report() }
            group.addTask {
                try await gracefulShutdown()
                // The process ends when its budget does: the goodbye to the registry has to fit in before that.
                await node.drain(budget: options.drainBudget * 0.8)
            }
            // The node ends by an error alone; otherwise the drain is what ends first.
            defer { group.cancelAll() }
            try await waitForTheFirstEnd(&group)
        }
    }

    private func waitForTheFirstEnd(_ group: inout ThrowingTaskGroup<Void, any Error>) async throws {
        do {
            try await group.next()
        } catch let error as FencedError {
            throw ServiceKitError(.fenced, error.description)
        } catch let error as TransportError {
            throw ServiceKitError(.cannotBind, error.description)
        } catch let error as ZeroMQError {
            throw ServiceKitError(.cannotBind, error.description)
        }
    }

    private func report() async {
        for await status in registry.statusChanges() {
            if case .disconnected(let error) = status { listing.missed("\(error)") }
        }
    }
}

extension ServiceDefinition {
    /// With what `/readyz` says, for those who reach the mesh and not the HTTP port.
    fileprivate func answeringReadiness(of readiness: Readiness) -> ServiceDefinition {
        var service = self
        service.method("_mesh_readyz", "Why it may get no work: the reason of each condition that does not hold.") {
            _ in
            Dictionary(uniqueKeysWithValues: readiness.notReady.map { ($0.name, $0.reason) })
        }
        return service
    }
}

extension Logger.MetadataProvider {
    /// The trace that the running task belongs to, as `trace`.
    public static let trace = Logger.MetadataProvider {
        TraceContext.current.map { ["trace": "\($0.traceID)"] } ?? [:]
    }
}

extension ServiceRuntime {
    /// A client of the Redis of the shared state. It has to be run.
    public func stateClient(on loop: EventLoop) throws -> RedisClient {
        try client(of: common.state, "state", on: loop)
    }

    /// A client of the Redis of the share log. It has to be run.
    public func sharelogClient(on loop: EventLoop) throws -> RedisClient {
        try client(of: common.sharelog, "sharelog", on: loop)
    }

    private func client(of url: SecretURL, _ purpose: String, on loop: EventLoop) throws -> RedisClient {
        let configuration = RedisConfiguration(
            url: try RedisURL(url.text), clientName: "\(common.instance)-\(purpose)")
        return RedisClient(configuration: configuration, loop: loop, logger: logger.ofConnection(purpose))
    }
}

extension Logger {
    /// The logger of what speaks to Redis for one purpose.
    fileprivate func ofConnection(_ purpose: String) -> Logger {
        var logger = self
        logger[metadataKey: "connection"] = "\(purpose)"
        return logger
    }
}
