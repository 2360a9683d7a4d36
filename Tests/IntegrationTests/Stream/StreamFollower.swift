internal import Foundation
internal import TestSupport
internal import Testing

/// A `headframe subscribe` of `jobHeaders` at work, and what it printed.
struct StreamFollower: Sendable {
    /// One line of it.
    struct Line: Decodable, Sendable {
        struct Position: Decodable, Sendable {
            var height: Int
            var parent: String
        }

        var publisher: String
        var epoch: UInt64
        var position: Position
        var key: String
        var reset: Bool
        var receivedAt: String
    }

    /// What it counted, as `--json-stats` says it.
    struct Statistics: Decodable, Sendable {
        var items: Int
        var gaps: Int
        var duplicates: Int
        var switches: Int
        var resets: Int
        var falls: Int
        var alarms: Int
    }

    let process: ChildProcess

    /// Starts following and waits for the first line.
    init(_ pool: Pool) async throws {
        process = try pool.start("subscribe", "jobmanager", "jobHeaders", "--json-stats")
        try await process.waitForLine { $0.hasPrefix("{") }
    }

    /// Everything that was printed so far.
    func lines() throws -> [Line] { try process.outputLines.map(Self.decode) }

    /// The publisher of the newest line: the active one.
    func activePublisher() throws -> String {
        guard let line = process.outputLines.last else { throw TestSupportError("the stream has printed nothing yet") }
        return try Self.decode(line).publisher
    }

    /// Waits for the first job on a block.
    func line(onBlock hash: String, within deadline: Duration) async throws -> Line {
        var found: Line?
        try await eventually(
            within: deadline,
            "a job on block \(hash); \(process.outputLines.count) lines so far; \(process.standardError)"
        ) {
            if let exit = process.exit { throw TestSupportError("subscribe ended (\(exit)): \(process.standardError)") }
            let candidates = process.outputLines.reversed().filter { $0.contains(hash) }
            found = try candidates.map(Self.decode).first { $0.position.parent == hash }
            return found != nil
        }
        return found!
    }

    /// Ends it with Ctrl-C and reads what it counted.
    func finish() async throws -> Statistics {
        process.signal(SIGINT)
        let exit = try await process.waitForExit()
        #expect(exit == .code(0))
        guard let last = process.errorLines.last(where: { $0.hasPrefix("{") }) else {
            throw TestSupportError("no statistics: \(process.standardError)")
        }
        return try JSONDecoder().decode(Statistics.self, from: Data(last.utf8))
    }

    private static func decode(_ line: String) throws -> Line {
        do {
            return try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        } catch {
            throw TestSupportError("subscribe printed no update: \(line.prefix(300)) (\(error))")
        }
    }
}

extension StreamFollower {
    /// Ends it and checks that it was whole: no height left out, none lower than the one before, nothing twice.
    @discardableResult
    func finishWhole() async throws -> Statistics {
        let statistics = try await finish()
        #expect(statistics.gaps == 0)
        #expect(statistics.duplicates == 0)
        #expect(statistics.falls == 0)
        #expect(statistics.resets == 0)
        let heights = try lines().map(\.position.height)
        #expect(statistics.items == heights.count)
        for (before, after) in zip(heights, heights.dropFirst()) { #expect(after == before || after == before + 1) }
        return statistics
    }
}
