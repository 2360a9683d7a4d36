public import EventLoop
public import Mesh

/// The I/O thread as a node sees it.
extension EventLoop: Reactor {
    /// Monotonic time.
    public var now: MeshInstant { MeshInstant(nanoseconds: monotonicNanoseconds()) }

    /// The thread itself.
    public var taskExecutor: any TaskExecutor { self }

    /// A batch hand-over to the thread.
    public func inbox<Element: Sendable>(
        receive: @escaping @Sendable ([Element]) -> Void
    ) -> @Sendable (Element) -> Void {
        let inbox = LoopInbox(loop: self, receive: receive)
        return { inbox.submit($0) }
    }

    /// Calls `work` on the thread at that time.
    public func wake(at time: MeshInstant, _ work: @escaping @Sendable () -> Void) {
        schedule(after: max(time - now, .zero), name: "the mesh node's timer", handler: work)
    }
}
