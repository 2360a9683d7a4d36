internal import Mesh

/// Runs `body` for at most `limit`.
///
/// - Throws: `MeshError` with the code `deadlineExceeded`, and `late` in its message, when the time is over.
func withDeadline<Result: Sendable>(
    _ limit: Duration?, _ late: @autoclosure @escaping @Sendable () -> String,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    guard let limit else { return try await body() }
    return try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw MeshError(.deadlineExceeded, late())
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
