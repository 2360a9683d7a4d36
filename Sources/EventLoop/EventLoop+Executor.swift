extension EventLoop {
    /// Runs a job of an actor or task on this thread. A task that prefers this executor sees the lowest latency to its sockets.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        hand { $0.jobs.append(job) }
    }

    /// This loop as the executor of an actor.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// This loop as the preference of a task.
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Whether the current context is isolated to this loop: exactly when it is on its thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Stops the program when the caller is not on this loop's thread.
    public func checkIsolated() { preconditionCurrent() }
}
