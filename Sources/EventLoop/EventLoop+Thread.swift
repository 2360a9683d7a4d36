internal import CLinux
internal import CZeroMQ
internal import Glibc
internal import Logging
internal import Synchronization

/// The body of the thread. At file scope, because a closure literal has no stable C entry point inside `@main`.
private func runLoopThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let loop = Unmanaged<EventLoop>.fromOpaque(context!).takeRetainedValue()
    loop.runUntilStopped()
    return nil
}

extension EventLoop {
    func startThread() throws(EventLoopError) {
        let retained = Unmanaged.passRetained(self)
        var started = pthread_t()
        let status = pthread_create(&started, nil, runLoopThread, retained.toOpaque())
        guard status == 0 else {
            retained.release()
            throw EventLoopError(code: .noThread, errno: status, doing: "starting the I/O thread “\(name)”")
        }
        threadIdentity.store(UInt(started), ordering: .relaxed)
        thread.withLock { $0 = started }
    }

    func runUntilStopped() {
        headframe_name_thread(name)
        threadIdentity.store(UInt(pthread_self()), ordering: .relaxed)
        while true {
            runHandedOver()
            runDueTimers()
            guard let timeout = prepareToSleep() else { break }
            poll(timeoutMilliseconds: timeout)
        }
        table.removeAll()
        unfinished = []
        timers = TimerQueue()
        stopped.signal()
    }

    /// How long to poll: 0 with work at hand, -1 for ever, nil when the loop has to end.
    private func prepareToSleep() -> Int? {
        guard unfinished.isEmpty else { return 0 }
        let untilTimer = timers.millisecondsUntilNext(now: .now)
        return handOver.withLock { state in
            guard state.isEmpty else { return 0 }
            guard !state.isStopping else {
                state.hasEnded = true
                return nil
            }
            guard untilTimer != 0 else { return 0 }
            state.isSleeping = true
            return untilTimer ?? -1
        }
    }

    private func runHandedOver() {
        for _ in 0..<Self.roundsPerTurn {
            // The two sets of arrays take turns, so that their room is used again.
            nonisolated(unsafe) var batch = spare
            spare = HandOver()
            handOver.withLock { state in
                swap(&state.jobs, &batch.jobs)
                swap(&state.closures, &batch.closures)
            }
            let isEmpty = batch.isEmpty && unfinished.isEmpty
            run(batch)
            callUnfinishedAgain()
            batch.jobs.removeAll(keepingCapacity: true)
            batch.closures.removeAll(keepingCapacity: true)
            spare = batch
            if isEmpty { return }
        }
    }

    func run(_ batch: HandOver) {
        guard !batch.isEmpty else { return }
        mark = coarseNanoseconds()
        for closure in batch.closures {
            closure()
            noteStall("a closure handed to the loop")
        }
        let (serial, preferred) = (asUnownedSerialExecutor(), asUnownedTaskExecutor())
        for job in batch.jobs {
            job.runSynchronously(isolatedTo: serial, taskExecutor: preferred)
            noteStall("a task on the loop")
        }
    }

    /// Handlers that left something unread go on, without the price of a poll between.
    private func callUnfinishedAgain() {
        guard !unfinished.isEmpty else { return }
        let again = unfinished
        unfinished = []
        for registration in again {
            guard let entry = table[registration.identifier] else { continue }
            entry.handler(.readable)
            noteStall(entry.name)
        }
    }

    private func runDueTimers() {
        guard !timers.isEmpty else { return }
        let now = ContinuousClock.now
        mark = coarseNanoseconds()
        while let due = timers.popDue(now: now) {
            due.handler()
            noteStall(due.name)
        }
    }

    private func poll(timeoutMilliseconds: Int) {
        let status = table.withPollItems(wakeup: wakeup.descriptor) { items in
            zmq_poll(items.baseAddress, Int32(items.count), timeoutMilliseconds)
        }
        handOver.withLock { $0.isSleeping = false }
        // Interrupted by a signal, say: nothing was found out.
        guard status >= 0 else { return }
        let ready = table.takeReady()
        if ready.wakeup { wakeup.drain() }
        mark = coarseNanoseconds()
        for (identifier, events) in ready.registrations {
            // An earlier handler of this turn may have removed this one.
            guard let registration = table[identifier] else { continue }
            let wanted = events.intersection(registration.interest.union(.failed))
            guard !wanted.isEmpty else { continue }
            registration.handler(wanted)
            noteStall(registration.name)
        }
    }

    /// Reports the callback that has just run when it held the thread for too long; the next one is timed from here.
    @inline(__always)
    private func noteStall(_ what: @autoclosure () -> String) {
        let now = coarseNanoseconds()
        let elapsed = now - mark
        mark = now
        if elapsed > stallNanoseconds { reportStall(what(), .nanoseconds(elapsed)) }
    }

    private func reportStall(_ what: String, _ elapsed: Duration) {
        logger.warning(
            "The I/O loop was held up: move this work off the loop",
            metadata: ["callback": "\(what)", "elapsed": "\(elapsed)", "loop": "\(name)"])
    }
}
