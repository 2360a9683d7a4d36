import DurableQueue
import Foundation
import Synchronization

/// How soon entries are acknowledged, and how many a second, with N callers that each enqueue one after the other.
///
/// Nothing runs the entries, as nothing does in the other programs; each measurement has a store of its own. Prints one line of JSON.
@main
enum Main {
    static func main() async throws {
        let workload = try Workload(arguments: Array(CommandLine.arguments.dropFirst()))
        let folder = workload.folder + "/queue-headframe"
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SegmentLogStore(folder: folder, options: workload.log)
        let queue = DurableQueue(store: store, configuration: workload.queue)
        let measurement = try await Measurement.taken(of: queue, workload)
        print(measurement.json(workload))
        await queue.close()
    }
}

/// How much is done.
struct Workload: Sendable {
    var folder = ""
    var payloadBytes = 100
    var inFlight = 100
    var seconds = 2

    static let warmUp = Duration.milliseconds(300)

    init(arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let text = rest.popFirst() else { throw Usage() }
            if option == "--folder" {
                folder = text
                continue
            }
            guard let value = Int(text), value > 0 else { throw Usage() }
            switch option {
            case "--payload": payloadBytes = value
            case "--in-flight": inFlight = value
            case "--seconds": seconds = value
            default: throw Usage()
            }
        }
        guard !folder.isEmpty else { throw Usage() }
    }

    /// Without bounds that would end the measurement.
    var queue: QueueConfiguration {
        var configuration = QueueConfiguration(name: "bench")
        configuration.maximumEntries = .max
        configuration.maximumBytes = .max
        configuration.acknowledgeWithin = .seconds(60)
        return configuration
    }

    var log: SegmentLogOptions {
        var options = SegmentLogOptions()
        options.maximumDiskBytes = 32 << 30
        return options
    }
}

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
            {"benchmark":"queue-headframe","mode":"queueOnly","payloadBytes":\(workload.payloadBytes),"inFlight":\(workload.inFlight),\
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

struct Usage: Error, CustomStringConvertible {
    let description = "usage: queue-headframe --folder PATH [--payload BYTES] [--in-flight N] [--seconds S]"
}
