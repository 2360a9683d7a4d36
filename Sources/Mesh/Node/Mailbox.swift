internal import Synchronization

/// A bounded hand-over from the I/O thread to one consumer. The bound is the sender's: it sends no more than it was given
/// credit for, and credit is given when the consumer takes something.
final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var next = 0
        var end: Result<Void, MeshError>?
        var waiting: CheckedContinuation<Element?, any Error>?
        var untold = 0
    }

    private let state = Mutex(State())
    private let tellEvery: Int
    private let taken: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - tellEvery: How many elements are taken before `taken` is told of them.
    ///   - taken: Told how many elements were taken.
    init(tellEvery: Int, taken: @escaping @Sendable (Int) -> Void) {
        self.tellEvery = max(tellEvery, 1)
        self.taken = taken
    }

    func put(_ element: Element) {
        let waiting = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
            guard state.end == nil else { return nil }
            if let waiting = state.waiting {
                state.waiting = nil
                return waiting
            }
            state.elements.append(element)
            return nil
        }
        guard let waiting else { return }
        waiting.resume(returning: element)
        noteTaken()
    }

    func finish(_ end: Result<Void, MeshError>) {
        let waiting = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.waiting = nil }
            return state.waiting
        }
        switch end {
        case .success: waiting?.resume(returning: nil)
        case .failure(let error): waiting?.resume(throwing: error)
        }
    }

    /// The next element; nil at the end. One consumer at a time.
    func next() async throws -> Element? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Element?, any Error>? in
                    if state.next < state.elements.count {
                        let element = state.elements[state.next]
                        state.next += 1
                        if state.next == state.elements.count {
                            state.elements.removeAll(keepingCapacity: true)
                            state.next = 0
                        }
                        return .success(element)
                    }
                    switch state.end {
                    case .success: return .success(nil)
                    case .failure(let error): return .failure(error)
                    case nil: break
                    }
                    precondition(state.waiting == nil, "a stream has one consumer at a time")
                    state.waiting = continuation
                    return nil
                }
                guard let outcome else { return }
                continuation.resume(with: outcome)
                if case .success(.some) = outcome { noteTaken() }
            }
        } onCancel: {
            finish(.failure(MeshError(.cancelled, "the consumer was cancelled")))
        }
    }

    private func noteTaken() {
        let count = state.withLock { state in
            state.untold += 1
            guard state.untold >= tellEvery else { return 0 }
            defer { state.untold = 0 }
            return state.untold
        }
        if count > 0 { taken(count) }
    }
}
