internal import Foundation
internal import Synchronization
internal import TestSupport

/// Kills and freezes processes at random: every one to three seconds one of them is killed by -9, or stopped for one to ten seconds.
final class Chaos: Sendable {
    /// What was done.
    struct Tally: Sendable {
        var kills = 0
        var freezes = 0
    }

    private let processes: [SupervisedProcess]
    private let tallied = Mutex(Tally())

    init(_ processes: [SupervisedProcess]) { self.processes = processes }

    /// What was done so far.
    var tally: Tally { tallied.withLock { $0 } }

    /// Goes on for so long; when it returns, nothing is frozen.
    func run(for duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            while ContinuousClock.now < end {
                let victim = try processes.randomElement()?.current()
                if let victim, Bool.random() {
                    victim.signal(SIGKILL)
                    tallied.withLock { $0.kills += 1 }
                } else if let victim {
                    tallied.withLock { $0.freezes += 1 }
                    group.addTask { try await self.freeze(victim) }
                }
                // The pace of the faults.
                try await Task.sleep(for: .milliseconds(Int.random(in: 1000...3000)))
            }
            try await group.waitForAll()
        }
    }

    private func freeze(_ victim: ChildProcess) async throws {
        victim.signal(SIGSTOP)
        defer { victim.signal(SIGCONT) }
        // How long the freeze lasts.
        try await Task.sleep(for: .milliseconds(Int.random(in: 1000...10_000)))
    }
}
