import DurableQueue
import Foundation

/// How soon entries are acknowledged, and how many a second, with N callers that each enqueue one after the other.
///
/// With `--redis` another process of this program has to hold each entry first, whose role is `follower`. Nothing runs the entries, as nothing
/// does in the other programs; each measurement has stores of its own. Prints one line of JSON.
@main
enum Main {
    static func main() async throws {
        let workload = try Workload(arguments: Array(CommandLine.arguments.dropFirst()))
        let folder = workload.folder + "/queue-headframe-\(workload.role)"
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SegmentLogStore(folder: folder, options: workload.log)
        guard workload.isReplicated else {
            let queue = DurableQueue(store: store, configuration: workload.queue)
            print(try await Measurement.taken(of: queue, workload).json(workload))
            return await queue.close()
        }
        let member = Member(store, workload)
        try await member.run {
            guard workload.role == .owner else { return try await Task.sleep(for: .seconds(86_400)) }
            try await member.waitForFollower()
            print(try await Measurement.taken(of: member.group.queue, workload).json(workload))
        }
        await member.group.queue.close()
    }
}
