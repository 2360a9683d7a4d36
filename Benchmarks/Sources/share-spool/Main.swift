internal import DurableQueue
internal import Foundation
internal import Mining

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Fills the queue of a stratum server as an hour without Redis does it: accepted shares that wait to be counted.
@main
enum Main {
    private static let workers = 2000
    private static let inFlight = 2000
    private static let span = 3600.0

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let count = Int(arguments[2]), count >= 0 else {
            throw Failure("usage: share-spool FOLDER SHARES, 0 for those that are there")
        }
        if count > 0 { try await fill(arguments[1], count) }
        try await open(arguments[1])
    }

    /// How long a stratum server that starts again is not there for its miners.
    private static func open(_ folder: String) async throws {
        let clock = ContinuousClock.now
        let queue = try queue(folder, room: 0)
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        print("opened again with \(queue.status.depth) shares in \(String(format: "%.2f", seconds)) s")
        await queue.close()
    }

    private static func queue(_ folder: String, room: Int) throws -> DurableQueue {
        var options = SegmentLogOptions()
        options.maximumDiskBytes = 8 << 30
        let store = try SegmentLogStore(folder: folder, options: options)
        var configuration = QueueConfiguration(name: "shares")
        configuration.maximumEntries = room
        configuration.maximumBytes = .max
        configuration.keepsCompletedPayloads = true
        return DurableQueue(store: store, configuration: configuration)
    }

    private static func fill(_ folder: String, _ count: Int) async throws {
        let queue = try queue(folder, room: count + 1)
        let begin = Date().timeIntervalSince1970 - span
        let clock = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= inFlight { try await group.next() }
                let share = share(number, at: begin + span * Double(number) / Double(count))
                group.addTask {
                    _ = try await queue.enqueue(id: EntryID(Hex.encode(share.hash)), payload: share.bytes)
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        await queue.close()
        print("\(queue.store.origin.uuidString.lowercased()) \(count) shares in \(Int(seconds)) s")
    }

    /// A job every half minute, a height every two and a half, as on Litecoin.
    private static func share(_ number: Int, at time: Double) -> PoolShare {
        PoolShare(
            worker: "LbTjMGN7gELw4KbeyQf6cTCq59hD18guKA.rig\(number &* 7919 % workers)",
            jobID: job(Int(time) / 30), height: 2_800_000 + Int(time) / 150,
            hash: (0..<32).map { _ in UInt8.random(in: 0...255) }, timeMilliseconds: Int64(time * 1000),
            difficulty: 512, isBlock: false)
    }

    private static func job(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
