internal import CLinux
internal import Glibc
internal import Synchronization

/// The eventfd that interrupts a loop's poll.
struct Wakeup: ~Copyable {
    let descriptor: Int32

    init() throws(EventLoopError) {
        descriptor = headframe_eventfd()
        guard descriptor >= 0 else {
            throw EventLoopError(
                code: .noDescriptor, errno: errno, doing: "making the eventfd that wakes an I/O thread")
        }
    }

    deinit { close(descriptor) }

    func signal() {
        var one: UInt64 = 1
        // It fails only when the counter is full, and then the thread is being woken already.
        _ = write(descriptor, &one, 8)
    }

    func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}

/// One event that many may wait for: the loop's thread has ended.
final class StopSignal: Sendable {
    private let state = Mutex<(isSignalled: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isSignalled = state.withLock { state in
                if !state.isSignalled { state.waiting.append(continuation) }
                return state.isSignalled
            }
            if isSignalled { continuation.resume() }
        }
    }

    func signal() {
        let waiting = state.withLock { state in
            state.isSignalled = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
