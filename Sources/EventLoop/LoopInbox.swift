internal import Synchronization

/// A batch hand-over to a loop: any thread submits, the loop takes everything that has gathered in one call.
///
/// A burst of submissions costs one wake-up. The inbox itself has no bound: whoever submits holds a place in a bounded
/// table (calls in flight, stream credit) before it does.
public final class LoopInbox<Element: Sendable>: Sendable {
    private let loop: EventLoop
    private let waiting = Mutex<[Element]>([])
    private let receive: @Sendable ([Element]) -> Void

    /// Makes an inbox whose batches `receive` gets on the thread of `loop`, in the order of submission.
    public init(loop: EventLoop, receive: @escaping @Sendable ([Element]) -> Void) {
        self.loop = loop
        self.receive = receive
    }

    /// Leaves one element; never blocks.
    public func submit(_ element: Element) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(element)
            return waiting.count == 1
        }
        if isFirst { loop.execute { self.drain() } }
    }

    private func drain() {
        let batch = waiting.withLock { waiting in
            let batch = waiting
            waiting = []
            waiting.reserveCapacity(batch.count)
            return batch
        }
        if !batch.isEmpty { receive(batch) }
    }
}
