/// A timer that has not fired yet.
public struct LoopTimer: Sendable, Hashable {
    let identifier: Int
}

extension EventLoop {
    /// Calls `handler` once on the loop's thread after `delay`, rounded up to a millisecond. On the loop's thread only.
    ///
    /// - Parameter name: What a stall of the handler is reported as.
    @discardableResult
    public func schedule(after delay: Duration, name: String, handler: @escaping () -> Void) -> LoopTimer {
        preconditionCurrent()
        return timers.insert(deadline: .now + delay, name: name, handler: handler)
    }

    /// Forgets a timer; nothing happens when it has fired. On the loop's thread only.
    public func cancel(_ timer: LoopTimer) {
        preconditionCurrent()
        timers.cancel(timer)
    }
}
