internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// The HTTP listener of a process: `/healthz` (is it alive), `/readyz` (may it get work, and why not), `/metrics`.
///
/// It answers nothing but GET requests without a body, to at most ``maximumConnections`` connections at once.
public struct HealthListener: Service {
    /// Further connections wait until one of these ends.
    public static let maximumConnections = 64
    /// After that long without a request a connection is closed, half of one being none: whoever holds every connection and asks
    /// nothing shuts others out for no longer. A scraper that asks less often connects anew.
    public static let idleTimeout = Duration.seconds(5)

    private let host: String
    private let port: UInt16
    private let idleTimeout: Duration
    private let answers: HealthAnswers
    private let logger: Logger
    private let onBound: @Sendable (_ port: Int) -> Void

    /// Makes a listener on `host` and `port`, 0 being any free one; `onBound` gets the port that it became.
    init(
        host: String, port: UInt16, idleTimeout: Duration = Self.idleTimeout, answers: HealthAnswers, logger: Logger,
        onBound: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.idleTimeout = idleTimeout
        self.answers = answers
        self.logger = logger
        self.onBound = onBound
    }

    /// The listener that the process's options ask for; nil where it is off.
    init?<Configuration>(_ runtime: ServiceRuntime<Configuration>) {
        guard case .port(let port) = runtime.common.httpPort else { return nil }
        self.init(
            host: runtime.common.httpBind, port: port,
            answers: HealthAnswers(
                readiness: runtime.readiness, metrics: runtime.metrics, watchdog: runtime.watchdog),
            logger: runtime.logger)
    }

    /// Listens until the process shuts down.
    ///
    /// - Throws: ``ServiceKitError`` with code `cannotBind` if the address cannot be bound.
    public func run() async throws {
        let isBound = Mutex(false)
        let application = application { port in
            isBound.withLock { $0 = true }
            let host = host.contains(":") ? "[\(host)]" : host
            logger.info("health and metrics", metadata: ["address": "http://\(host):\(port)"])
            onBound(port)
        }
        do {
            try await runUntilShutDown(application)
        } catch  where !isBound.withLock({ $0 }) {
            throw ServiceKitError(
                .cannotBind,
                "cannot bind the HTTP listener to \(host):\(port); "
                    + "free the port, or give another --http-bind or --http-port (0 = any free one, off = none)",
                cause: error)
        }
    }

    /// Runs the server in a group of its own, which is shut down gracefully even when this task is cancelled.
    private func runUntilShutDown(_ application: some ApplicationProtocol) async throws {
        let group = ServiceGroup(configuration: .init(services: [.init(service: application)], logger: quietLogger))
        // Unstructured, for a child would be cancelled with this task: a cancelled server drops the connection that it is just
        // accepting, and NIO ends the process over that. It is awaited below, whatever happens.
        let server = Task { try await group.run() }
        // Unstructured, for both handlers are synchronous and the group is an actor. It ends with the group, which is awaited.
        let shutDown: @Sendable () -> Void = { Task { await group.triggerGracefulShutdown() } }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await server.value
            } onGracefulShutdown: {
                shutDown()
            }
        } onCancel: {
            shutDown()
        }
    }

    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }

    private func application(onBound: @escaping @Sendable (_ port: Int) -> Void) -> some ApplicationProtocol {
        let router = Router()
        router.get("healthz") { [answers] _, _ in answers.alive.response }
        router.get("readyz") { [answers] _, _ in answers.ready.response }
        router.get("metrics") { [answers] _, _ in answers.metricsText.response }
        return Application(
            router: router,
            server: .http1(
                configuration: .init(
                    idleTimeout: .nanoseconds(Int64(idleTimeout / .nanoseconds(1))),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 8192, maxHeaderListSize: 16384, maxHeaderFieldCount: 64))),
            configuration: .init(
                address: .hostname(host, port: Int(port)), backlog: 64,
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maximumConnections)),
            onServerRunning: { channel in onBound(channel.localAddress?.port ?? Int(port)) },
            logger: quietLogger)
    }
}

extension HealthAnswers.Answer {
    fileprivate var response: Response {
        Response(
            status: .init(code: status),
            headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}
