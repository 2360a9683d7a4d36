internal import Foundation
internal import Synchronization
internal import TestSupport
internal import Testing

/// Generates blocks, one at a time and a second or more apart, and measures how long each takes to the follower.
final class Blocks: Sendable {
    private struct State {
        var last: (at: ContinuousClock.Instant, hash: String)?
        var measured: [String] = []
    }

    private let pool: Pool
    private let follower: StreamFollower
    private let state = Mutex(State())

    /// The shortest time between two blocks.
    private static let pace = Duration.seconds(1)

    init(_ pool: Pool, _ follower: StreamFollower) {
        self.pool = pool
        self.follower = follower
    }

    /// How long each block took, in words.
    var report: String { state.withLock { $0.measured.joined(separator: ", ") } }

    /// Generates blocks at their pace.
    func generate(_ count: Int, at node: Int = 0, within limit: Duration = .seconds(2), _ what: String = "")
        async throws
    {
        for _ in 0..<count {
            try await waitForTheirTurn(at: node)
            try await generateOne(at: node, within: limit, what)
        }
    }

    /// Waits until the node has the newest block and the pace allows the next.
    func waitForTheirTurn(at node: Int = 0) async throws {
        guard let last = state.withLock({ $0.last }) else { return }
        try await eventually(within: .seconds(20), "node \(node) has block \(last.hash)") {
            (try? pool.chain.nodes[node].call("getbestblockhash", as: String.self)) == last.hash
        }
        // The pace of the blocks is part of the test.
        try await Task.sleep(until: last.at + Self.pace)
    }

    /// Generates a block now and waits until the follower has a job on it, which must not take longer than `limit` from here on.
    func generateOne(at node: Int = 0, within limit: Duration, _ what: String = "") async throws {
        guard let hash = try pool.chain.nodes[node].generate(1).first else {
            throw TestSupportError("generate gave no block")
        }
        let generated = Date()
        state.withLock { $0.last = (.now, hash) }
        let line = try await follower.line(onBlock: hash, within: limit + .seconds(10))
        guard let received = try? Date(line.receivedAt, strategy: Self.wallClock) else {
            throw TestSupportError("receivedAt is no time: \(line.receivedAt)")
        }
        let took = Duration.seconds(received.timeIntervalSince(generated))
        let milliseconds = Int((took / .milliseconds(1)).rounded())
        state.withLock { $0.measured.append(what.isEmpty ? "\(milliseconds) ms" : "\(what): \(milliseconds) ms") }
        #expect(took <= limit, "block \(hash), \(what): \(milliseconds) ms")
    }

    private static let wallClock = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
