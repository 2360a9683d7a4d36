internal import Foundation

/// A server of the test's own, which it may end, kill and freeze.
public protocol TestServer: Sendable {
    /// The process that runs now, or ran last.
    var currentProcess: ChildProcess { get }
    /// How long it may take to end in an orderly way; then it is killed.
    static var shutdownDeadline: Duration { get }
}

extension TestServer {
    /// Asks it to end (SIGTERM), which lets it save and clear up what it does at its end, and waits for the end.
    public func shutdown() async throws {
        try await currentProcess.terminate(deadline: Self.shutdownDeadline)
    }

    /// Kills it (SIGKILL) and waits for the end.
    public func kill() async throws {
        try await currentProcess.kill()
    }

    /// Freezes it (SIGSTOP): connections stay open and nothing is answered.
    public func freeze() {
        currentProcess.signal(SIGSTOP)
    }

    /// Lets it go on after a freeze (SIGCONT).
    public func unfreeze() {
        currentProcess.signal(SIGCONT)
    }
}
