internal import Foundation
internal import Synchronization
internal import TestSupport

/// Kills and freezes processes at random: every one to three seconds one of them is killed by -9, or stopped for one to ten seconds.
final class Chaos: Sendable {
    /// What was done to a process.
    struct Fault: Sendable, CustomStringConvertible {
        enum Kind: Sendable { case kill, freeze }

        let kind: Kind
        let name: String
        /// From its beginning to its end; a kill ends when the next life may be expected to serve.
        let time: DateInterval

        var description: String {
            "\(Int(time.start.timeIntervalSince1970 * 1000)) \(kind) \(name) for \(Int(time.duration * 1000)) ms"
        }
    }

    /// How long a process takes from its kill until its next life serves: the supervisor's pause, and a start on a busy machine.
    private static let restart: TimeInterval = 3

    private let processes: [SupervisedProcess]
    private let done = Mutex<[Fault]>([])

    init(_ processes: [SupervisedProcess]) { self.processes = processes }

    /// What was done so far.
    var faults: [Fault] { done.withLock { $0 } }

    /// Goes on for so long; when it returns, nothing is frozen.
    func run(for duration: Duration) async throws {
        let end = ContinuousClock.now + duration
        try await withThrowingTaskGroup(of: Void.self) { group in
            while ContinuousClock.now < end {
                if let victim = processes.randomElement() {
                    let process = try victim.current()
                    if Bool.random() {
                        process.signal(SIGKILL)
                        note(.kill, of: victim, DateInterval(start: Date(), duration: Self.restart))
                    } else {
                        group.addTask { try await self.freeze(process, of: victim) }
                    }
                }
                // The pace of the faults.
                try await Task.sleep(for: .milliseconds(Int.random(in: 1000...3000)))
            }
            try await group.waitForAll()
        }
    }

    private func freeze(_ process: ChildProcess, of victim: SupervisedProcess) async throws {
        let start = Date()
        process.signal(SIGSTOP)
        defer {
            process.signal(SIGCONT)
            note(.freeze, of: victim, DateInterval(start: start, end: Date()))
        }
        // How long the freeze lasts.
        try await Task.sleep(for: .milliseconds(Int.random(in: 1000...10_000)))
    }

    private func note(_ kind: Fault.Kind, of victim: SupervisedProcess, _ time: DateInterval) {
        done.withLock { $0.append(Fault(kind: kind, name: victim.name, time: time)) }
    }

    /// The parts of a time in which nothing was done to any of these processes.
    func undisturbed(_ names: Set<String>, in whole: DateInterval) -> [DateInterval] {
        var parts: [DateInterval] = []
        var start = whole.start
        for fault in faults.filter({ names.contains($0.name) }).sorted(by: { $0.time.start < $1.time.start }) {
            let end = min(fault.time.start, whole.end)
            if end > start { parts.append(DateInterval(start: start, end: end)) }
            start = max(start, fault.time.end)
        }
        if whole.end > start { parts.append(DateInterval(start: start, end: whole.end)) }
        return parts
    }
}
