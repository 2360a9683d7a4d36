import DurableQueue
import Foundation
import Synchronization

/// What was measured.
struct Measurement: Sendable {
    let entriesPerSecond: Double
    let p50: Duration
    let p99: Duration
    let entriesPerSynchronization: Double

    static func taken(of queue: DurableQueue, _ workload: Workload) async throws -> Measurement {
        let payload = (0..<workload.payloadBytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let begin = ContinuousClock.now + Workload.warmUp
        let end = begin + .seconds(workload.seconds)
        let before = Beginning()
        let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<workload.inFlight {
                group.addTask {
                    var latencies: [Duration] = []
                    var start = ContinuousClock.now
                    while start < end {
                        _ = try await queue.enqueue(payload: payload)
                        let now = ContinuousClock.now
                        if start >= begin {
                            before.note { queue.store.status.synchronizations }
                            latencies.append(now - start)
                        }
                        start = now
                    }
                    return latencies
                }
            }
            var all: [Duration] = []
            for try await latencies in group { all += latencies }
            return all.sorted()
        }
        let synchronizations = queue.store.status.synchronizations - before.synchronizations.load(ordering: .relaxed)
        return Measurement(
            entriesPerSecond: Double(latencies.count) / Double(workload.seconds),
            p50: latencies[latencies.count / 2], p99: latencies[latencies.count * 99 / 100],
            entriesPerSynchronization: Double(latencies.count) / Double(max(synchronizations, 1)))
    }

    func json(_ workload: Workload) -> String {
        func microseconds(_ duration: Duration) -> String { String(format: "%.1f", duration / .microseconds(1)) }
        return """
            {"benchmark":"queue-headframe","mode":"\(workload.mode)","payloadBytes":\(workload.payloadBytes),"inFlight":\(workload.inFlight),\
            "entriesPerSecond":\(Int(entriesPerSecond)),"p50Microseconds":\(microseconds(p50)),\
            "p99Microseconds":\(microseconds(p99)),"entriesPerSync":\(String(format: "%.1f", entriesPerSynchronization))}
            """
    }
}

/// What the store had done when the measurement began.
final class Beginning: Sendable {
    let synchronizations = Atomic(-1)

    func note(_ count: () -> Int) {
        guard synchronizations.load(ordering: .relaxed) < 0 else { return }
        synchronizations.store(count(), ordering: .relaxed)
    }
}
