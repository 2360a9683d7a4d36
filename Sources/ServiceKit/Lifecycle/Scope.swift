public import ServiceLifecycle

/// A part of a process that lives until its shutdown and is cancelled then: something with a `run()` of its own.
public struct Scope: Service, CustomStringConvertible {
    /// What the part is called when it fails.
    public let description: String
    private let body: @Sendable () async throws -> Void

    /// Makes a service of `body`, which runs until it is cancelled.
    public init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        description = name
        self.body = body
    }

    /// Runs the body until graceful shutdown.
    public func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await body() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            // The end that was asked for.
        }
    }
}
