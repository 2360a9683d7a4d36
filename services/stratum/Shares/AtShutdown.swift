internal import ServiceLifecycle

/// Does something when its turn at the graceful shutdown comes, and nothing before.
struct AtShutdown: Service, CustomStringConvertible {
    let description: String
    private let body: @Sendable () async -> Void

    init(_ name: String, _ body: @escaping @Sendable () async -> Void) {
        description = name
        self.body = body
    }

    func run() async throws {
        try await gracefulShutdown()
        await body()
    }
}
