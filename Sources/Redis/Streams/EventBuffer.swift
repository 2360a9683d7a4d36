internal import Synchronization

/// A bounded queue between the loop and one consumer. When it is full the oldest elements go, and the consumer is told how many.
final class EventBuffer<Element: Sendable>: Sendable {
    enum Item: Sendable {
        case element(Element)
        case dropped(Int)
    }

    private struct State {
        var elements = Fifo<Element>()
        var dropped = 0
        var consumer: CheckedContinuation<Item?, Never>?
        var hasEnded = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    func append(_ element: Element) {
        let consumer = state.withLock { state -> CheckedContinuation<Item?, Never>? in
            guard !state.hasEnded else { return nil }
            if let consumer = state.consumer.take() { return consumer }
            if state.elements.count >= capacity {
                _ = state.elements.popFirst()
                state.dropped += 1
            }
            state.elements.append(element)
            return nil
        }
        consumer?.resume(returning: .element(element))
    }

    /// The next element; nil at the end or when the waiting task is cancelled.
    func next() async -> Item? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Item?, Never>) in
                let ready = state.withLock { state -> Item?? in
                    if state.dropped > 0 {
                        defer { state.dropped = 0 }
                        return .dropped(state.dropped)
                    }
                    if let element = state.elements.popFirst() { return .element(element) }
                    if state.hasEnded || Task.isCancelled { return .some(nil) }
                    precondition(state.consumer == nil, "A subscription has one consumer")
                    state.consumer = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            state.withLock { $0.consumer.take() }?.resume(returning: nil)
        }
    }

    func end() {
        let consumer = state.withLock { state in
            state.hasEnded = true
            return state.consumer.take()
        }
        consumer?.resume(returning: nil)
    }
}
