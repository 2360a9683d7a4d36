internal import Glibc

/// Whether a commit is worth a moment's delay, so that those who were just answered and come back at once are in it.
///
/// A value: a hundred callers that each wait for an answer are split into two halves otherwise, which take turns at the disk, and each waits for
/// two commits. The delay is a part of what a commit takes, so whoever waits in vain waits a little longer; then it is left out for a while.
struct Gathering {
    /// The greatest part of a commit's time that is waited.
    private static let part = 4
    private static let longestPause = 64

    private var expected = 0
    private var limit = Duration.zero
    private var taken: Duration = .zero
    private var isWaiting = false
    private var pause = 0
    private var nextPause = 1

    /// How many to wait for, and how long at most; nil where it is not worth it.
    mutating func plan(waiting: Int) -> (count: Int, limit: Duration)? {
        isWaiting = pause == 0 && waiting < expected
        return isWaiting ? (expected, limit) : nil
    }

    /// A commit has ended, with so many in it; so many wait already.
    mutating func committed(_ count: Int, in duration: Duration, leaving waiting: Int) {
        if !isWaiting {
            pause = max(0, pause - 1)
        } else if 2 * count < expected {
            // They did not come: what comes is not what was answered.
            (pause, nextPause) = (nextPause, min(2 * nextPause, Self.longestPause))
        } else {
            nextPause = 1
        }
        isWaiting = false
        taken = taken == .zero ? duration : (taken * 3 + duration) / 4
        limit = taken / Self.part
        expected = count + waiting
    }
}

/// What a thread waits for, rung by others.
final class ThreadBell: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isRung = false

    init() {
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The setting of the system's clock does not lengthen a wait.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func ring() {
        pthread_mutex_lock(mutex)
        isRung = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Returns when it is rung, or was since the last time; at the latest after `limit`.
    func wait(atMost limit: Duration) {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let (seconds, attoseconds) = limit.components
        let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
        time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(mutex)
        while !isRung, pthread_cond_timedwait(condition, mutex, &time) == 0 {}
        isRung = false
        pthread_mutex_unlock(mutex)
    }
}
