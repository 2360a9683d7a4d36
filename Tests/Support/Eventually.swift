/// Waits until `condition` holds, by asking it again every few milliseconds, and throws when it still does not at the deadline.
///
/// - Parameters:
///   - deadline: how long to wait at most.
///   - what: completes "did not happen within ...: " in the error; asked for at the deadline.
///   - condition: asked at least once; what it throws ends the wait.
public func eventually(
    within deadline: Duration = .seconds(10), _ what: @autoclosure () -> String, _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + deadline
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < end else {
            throw TestSupportError("did not happen within \(deadline): \(what())")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
