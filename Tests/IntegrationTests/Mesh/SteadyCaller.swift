internal import Mesh
internal import Synchronization

/// Calls `status` ten times a second and keeps what went wrong.
final class SteadyCaller: Sendable {
    private struct State {
        var answers = 0
        var failures: [String] = []
        var slowest = Duration.zero
    }

    private let node: MeshNode
    private let destination: Destination
    private let state = Mutex(State())

    init(_ node: MeshNode, _ destination: Destination) {
        self.node = node
        self.destination = destination
    }

    var answers: Int { state.withLock { $0.answers } }
    var failures: [String] { state.withLock { $0.failures } }
    var summary: String {
        state.withLock { "\($0.answers) calls answered, \($0.failures.count) failed, the slowest took \($0.slowest)" }
    }

    /// Calls until the task is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            let began = ContinuousClock.now
            do {
                let _: Status = try await node.call(
                    destination, "status", options: CallOptions(timeout: .seconds(2)))
                state.withLock {
                    $0.answers += 1
                    $0.slowest = max($0.slowest, .now - began)
                }
            } catch let error as MeshError where error.code == .cancelled {
                return
            } catch {
                state.withLock { $0.failures.append("\(error)") }
            }
            // Ten calls a second.
            try? await Task.sleep(until: began + .milliseconds(100))
        }
    }
}

/// What the tests read of a jobmanager's `status`.
struct Status: Decodable, Sendable {
    struct Current: Decodable, Sendable {
        var id: String
    }

    var current: Current?
    var jobsMade: Int
}
