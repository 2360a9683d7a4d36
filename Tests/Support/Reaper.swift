internal import Foundation
internal import Synchronization

/// Collects one child's exit on a thread of its own, so that the pid is never signalled after it was freed.
final class Reaper: Sendable {
    private let pid: pid_t
    private let state = Mutex<ChildProcess.Exit?>(nil)

    init(_ pid: pid_t) {
        self.pid = pid
        let thread = Thread { [self] in collect() }
        thread.name = "reaper-\(pid)"
        thread.start()
    }

    var exit: ChildProcess.Exit? { state.withLock { $0 } }

    func signal(_ number: Int32) {
        state.withLock { exit in
            if exit == nil { Foundation.kill(pid, number) }
        }
    }

    func waitBlocking(seconds: Int) -> Bool {
        for _ in 0..<(seconds * 200) where exit == nil { usleep(5000) }
        return exit != nil
    }

    private func collect() {
        // Waits without collecting first: the pid stays ours until the state, under the lock, says that it is gone.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, Int32(WEXITED | WNOWAIT)) == -1 && errno == EINTR {}
        state.withLock { exit in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
            exit = status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f)
        }
    }
}
