/// Thrown by `withDeadline` when the time is up.
struct DeadlineExceeded: Error {}

/// Runs `operation` and cancels it when it has not ended within `limit`.
///
/// - Throws: `DeadlineExceeded`, or what the operation throws.
func withDeadline<Result: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask(name: "operation") { try await operation() }
        group.addTask(name: "deadline") {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw DeadlineExceeded() }
        return result
    }
}
