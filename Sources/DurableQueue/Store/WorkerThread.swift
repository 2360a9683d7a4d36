internal import CLinux
internal import Glibc

/// The body of the thread. At file scope, because a closure literal has no stable C entry point.
private func runWorkerThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<WorkerThread>.fromOpaque(context!).takeRetainedValue().runUntilStopped()
    return nil
}

/// A thread for work that blocks: forcing to the disk would hold up the I/O loop, and a pool that all tasks share.
///
/// Jobs run one after the other in the order of submission. Whoever submits has a bound of its own.
package final class WorkerThread: @unchecked Sendable {
    private let name: String
    // A mutex and a condition of the system, because Synchronization has nothing to wait with. Both guard what follows.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [@Sendable () -> Void] = []
    private var isStopping = false

    /// Starts the thread, which holds on to this object until it is stopped.
    ///
    /// - Throws: ``DurableQueueError/Code/inputOutput`` when the system gives no thread.
    package init(name: String) throws(DurableQueueError) {
        self.name = name
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        let retained = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, runWorkerThread, retained.toOpaque())
        guard status == 0 else {
            retained.release()
            throw DurableQueueError(
                .inputOutput,
                "starting the thread “\(name)” failed: \(String(cString: strerror(status))); raise ulimit -u or the memory limit"
            )
        }
        pthread_detach(thread)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    /// Leaves a job; never blocks.
    package func submit(_ job: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        precondition(!isStopping, "the thread “\(name)” was stopped by its owner, who goes on using it")
        jobs.append(job)
        if jobs.count == 1 { pthread_cond_signal(condition) }
    }

    /// Lets the thread end after the jobs that are there; to be called when its owner goes.
    package func stop() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isStopping = true
        pthread_cond_signal(condition)
    }

    /// Runs a job there and waits for what it returns.
    package func run<Value: Sendable>(_ job: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: job()) }
        }
    }

    fileprivate func runUntilStopped() {
        headframe_name_thread(name)
        while let jobs = takeJobs() {
            for job in jobs { job() }
        }
    }

    private func takeJobs() -> [@Sendable () -> Void]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while jobs.isEmpty, !isStopping { pthread_cond_wait(condition, mutex) }
        guard !jobs.isEmpty else { return nil }
        defer { jobs = [] }
        return jobs
    }
}
