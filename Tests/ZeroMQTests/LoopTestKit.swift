internal import EventLoop
internal import Synchronization
internal import ZeroMQ

/// A loop, a context and the sockets of one test, all of which end with it.
struct Bench: Sendable {
    let loop: EventLoop
    let context: Context

    /// Runs `body` on the loop's thread.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { done in
            loop.execute { done.resume(with: Swift.Result { try body() }) }
        }
    }

    /// Runs `body` with a loop and a context and makes sure that the context ends with it: a leaked socket would throw here.
    static func run(_ body: (Bench) async throws -> Void) async throws {
        try await EventLoop.withEventLoop { loop in
            let context = try Context()
            try await body(Bench(loop: loop, context: context))
            try await context.shutdown()
        }
    }
}

/// A socket that leaves its loop only in name: everything goes through ``Bench/onLoop(_:)``.
final class Confined: @unchecked Sendable {
    let socket: Socket
    init(_ socket: Socket) { self.socket = socket }
}

/// What handlers on the loop have seen, to be waited for from a test.
final class Seen<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiting: [(condition: @Sendable ([Value]) -> Bool, resume: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    var values: [Value] { state.withLock { $0.values } }

    func add(_ value: Value) {
        let satisfied = state.withLock { state in
            state.values.append(value)
            let values = state.values
            let satisfied = state.waiting.filter { $0.condition(values) }
            state.waiting.removeAll { $0.condition(values) }
            return satisfied
        }
        for waiter in satisfied { waiter.resume.resume(returning: true) }
    }

    /// Waits until the values satisfy `condition`; false at the deadline.
    func wait(
        within limit: Duration = .seconds(10), on loop: EventLoop,
        until condition: @escaping @Sendable ([Value]) -> Bool
    ) async -> Bool {
        await withCheckedContinuation { done in
            let isThere = state.withLock { state in
                if condition(state.values) { return true }
                state.waiting.append((condition, done))
                return false
            }
            guard !isThere else { return done.resume(returning: true) }
            loop.execute { loop.schedule(after: limit, name: "test deadline") { self.giveUp() } }
        }
    }

    private func giveUp() {
        let expired = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in expired { waiter.resume.resume(returning: false) }
    }
}
