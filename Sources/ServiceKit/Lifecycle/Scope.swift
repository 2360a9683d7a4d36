public import ServiceLifecycle

/// A part of a process that lives until its shutdown and is cancelled then: something with a `run()` of its own.
public struct Scope: Service {
    private let body: @Sendable () async throws -> Void

    /// - Parameter body: Runs until cancelled.
    public init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }

    /// Runs the body until graceful shutdown.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { try await body() }
    }
}
