internal import CZeroMQ
internal import Glibc
public import Logging
internal import Synchronization

/// The one I/O thread of a process: a serial executor and a task executor that waits in `zmq_poll`.
///
/// It owns every ZeroMQ socket and every Redis connection. Work reaches it as jobs of actors and tasks, as closures given
/// to ``execute(_:)`` and as batches through a ``LoopInbox``; readiness of sockets and descriptors reaches handlers
/// registered with it, and so do timers. Everything in a `LoopState` table is touched by this thread alone.
///
/// Each turn runs what was handed over, then the timers that are due, then polls. A handler, timer or closure that holds the
/// thread for longer than ``stallThreshold`` is reported by name, because everything else in the process waits for it.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    /// What the thread is called in the process table (15 bytes are shown) and in the log.
    public let name: String
    /// How long one callback may hold the thread before it is reported, to within 10 ms: less than that is not told apart.
    public let stallThreshold: Duration

    let logger: Logger
    let wakeup: Wakeup
    let handOver = Mutex(HandOver())
    let stopped = StopSignal()
    let thread = Mutex<pthread_t?>(nil)
    let threadIdentity = Atomic<UInt>(0)

    // Confined to the thread.
    var table = ReadinessTable()
    var timers = TimerQueue()
    var spare = HandOver()
    var unfinished: [Registration] = []
    /// When the callback that runs now began, by the coarse clock.
    var mark: Int64 = 0
    let stallNanoseconds: Int64

    /// How many rounds of handed-over work run before the sockets are polled again, so that neither starves the other.
    static let roundsPerTurn = 8

    /// Makes the loop and starts its thread.
    ///
    /// - Parameters:
    ///   - name: What the thread is called.
    ///   - stallThreshold: How long one callback may hold the thread before it is logged.
    ///   - logger: Where stalls are reported.
    /// - Throws: ``EventLoopError`` when the system has no descriptor or no thread left.
    public init(
        name: String = "io", stallThreshold: Duration = .milliseconds(50),
        logger: Logger = Logger(label: "headframe.loop")
    ) throws(EventLoopError) {
        self.name = name
        self.stallThreshold = stallThreshold
        self.stallNanoseconds = Int64(stallThreshold / .nanoseconds(1))
        self.logger = logger
        self.wakeup = try Wakeup()
        try startThread()
    }

    /// Runs `body` with a loop that ends with it.
    public static func withEventLoop<Result: Sendable>(
        name: String = "io", _ body: (EventLoop) async throws -> Result
    ) async throws -> Result {
        let loop = try EventLoop(name: name)
        do {
            let result = try await body(loop)
            await loop.shutdown()
            return result
        } catch {
            await loop.shutdown()
            throw error
        }
    }

    /// Hands a closure to the thread; from the thread itself it runs later in the same turn.
    public func execute(_ work: @escaping @Sendable () -> Void) {
        hand { $0.closures.append(work) }
    }

    /// Asks the thread to end once it has run what was handed over, and waits for that.
    ///
    /// Work handed over later runs on the thread that hands it over: a job must never be lost.
    public func shutdown() async {
        hand { $0.isStopping = true }
        await stopped.wait()
        thread.withLock { thread in
            if let ended = thread { pthread_join(ended, nil) }
            thread = nil
        }
    }

    /// Monotonic time (`CLOCK_MONOTONIC`), in nanoseconds.
    @inline(__always)
    public func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Monotonic time as of the kernel's last tick (`CLOCK_MONOTONIC_COARSE`), 1-10 ms behind at most, in nanoseconds. Enough to
    /// see a stall, at a third of the price: it is read after every callback.
    @inline(__always)
    func coarseNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Whether the caller is on this loop's thread.
    public var isCurrent: Bool { threadIdentity.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Stops the program when the caller is not on this loop's thread: its tables have no lock.
    public func preconditionCurrent(_ operation: StaticString = #function) {
        precondition(
            isCurrent, "\(operation) was called beside the I/O thread “\(name)”; use execute(_:) or a LoopInbox")
    }
}

/// What other threads leave for the loop.
struct HandOver {
    var jobs: [UnownedJob] = []
    var closures: [@Sendable () -> Void] = []
    var isSleeping = false
    var isStopping = false
    var hasEnded = false

    var isEmpty: Bool { jobs.isEmpty && closures.isEmpty }
}

extension EventLoop {
    /// Changes the hand-over and wakes the thread when it sleeps.
    func hand(_ change: (inout sending HandOver) -> Void) {
        enum Next { case nothing, wake, runHere(HandOver) }
        let next: Next = handOver.withLock { state in
            change(&state)
            if state.hasEnded {
                let rest = state
                state.jobs = []
                state.closures = []
                return .runHere(rest)
            }
            guard state.isSleeping else { return .nothing }
            state.isSleeping = false
            return .wake
        }
        switch next {
        case .nothing: break
        case .wake: wakeup.signal()
        case .runHere(let rest): run(rest)
        }
    }
}
