internal import ArgumentParser

/// Looks at the pool.
struct PoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool",
        abstract: "Show the pool's workers, shares, blocks and connections.",
        discussion: """
            Reads the shared state in Redis. Stratum servers write it once a second, reporters count \
            accepted shares as they come; while Redis is away from them what is shown here is old, and is made up for later.
            """,
        subcommands: [
            PoolWorkers.self, PoolBlocks.self, PoolShares.self, PoolRounds.self, PoolWindow.self, PoolConnections.self,
        ])
}

/// The options that all of them have.
struct PoolOptions: ParsableArguments {
    @Flag(help: "Print JSON, an array of objects, instead of a table.")
    var json = false

    @OptionGroup var mesh: MeshOptions

    /// Reads a report and prints it.
    func show(_ report: @escaping @Sendable (PoolReader) async throws -> any PoolReport & Sendable) async throws {
        let report = try await PoolReader.with(mesh.start()) { try await report($0) }
        if json { return try StandardOutput.line(JSONText.forReader(report.json)) }
        guard let table = report.table else { return try StandardOutput.line(report.nothing) }
        for line in table.lines(.standardOutput) { try StandardOutput.line(line) }
    }
}

/// How far back shares are looked at, and by which work.
struct ShareOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How far back, such as 90s, 10m or 24h, which is all there is.", valueName: "time"))
    var last: TimeSpan = TimeSpan(seconds: 600)

    func validate() throws {
        guard last.seconds <= 86_400 else { throw ValidationError("--last is up to 24h: totals are kept no longer.") }
    }

    @Option(help: "The proof of work that hash rates are reckoned by: scrypt or sha256d.")
    var algorithm: MinerAlgorithm = .scrypt
}

/// A time of more than nothing: `90` or `90s`, `10m`, `24h`.
struct TimeSpan: ExpressibleByArgument, Equatable, Sendable {
    let seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? argument[...] : argument.dropLast()), number > 0, number < 1e9 else {
            return nil
        }
        seconds = number * (unit ?? 1)
    }

    var defaultValueDescription: String { "\(Int(seconds / 60))m" }
}

struct PoolWorkers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "Who mines: hash rates and shares, the strongest one first.",
        discussion: """
            A hash rate is what the accepted shares took on average since the worker was first seen in that time. Difficulty \
            is the pool's: 1 takes 65,537 hashes of scrypt, or 2^32 of SHA-256d. A worker's last share is \
            known for 30 days.

            --json: {worker, connections, hashesPerSecond, accepted, stale, duplicate, lowDifficulty, invalid, unrecorded, \
            acceptedDifficulty, difficulty, lastShare}.
            """)

    @OptionGroup var shares: ShareOptions
    @OptionGroup var options: PoolOptions

    func run() async throws {
        let (last, algorithm) = (shares.last.seconds, shares.algorithm)
        try await options.show { pool in
            let span = ShareSpan(last: last, now: pool.now)
            return WorkersReport(
                try await pool.minutes(span), try await pool.connections(), lastShares: try await pool.lastShares(),
                span: span, algorithm: algorithm,
                now: pool.now)
        }
    }
}

struct PoolBlocks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blocks",
        abstract: "The blocks that were found, the highest one first.",
        discussion: """
            An accepted block stands in a daemon's best chain; an orphaned one beside it; a rejected one was refused by \
            every daemon; an undecided one is still tried. COINS is the block's reward; in JSON, `value` is in the coin's \
            smallest unit, and `networkDifficulty` in the pool's measure.

            --json: {height, hash, outcome, confirmations, mature, value, networkDifficulty, worker, server, job, reasons, \
            found, updated}.
            """)

    @Option(name: [.short, .long], help: "How many.")
    var count: Int = 20

    @OptionGroup var options: PoolOptions

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--count is from 1 to 10000.") }
    }

    func run() async throws {
        let count = count
        try await options.show { BlocksReport(blocks: try await $0.blocks(count), now: $0.now) }
    }
}

struct PoolShares: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shares",
        abstract: "The shares of each minute, by what became of them.",
        discussion: """
            Minutes are of UTC. DIFFICULTY is the sum over the accepted shares: what they are worth.

            --json: {minute, accepted, stale, duplicate, lowDifficulty, invalid, unrecorded, difficulty, workers}; minutes without a share are left out.
            """)

    @OptionGroup var shares: ShareOptions
    @OptionGroup var options: PoolOptions

    func run() async throws {
        let (last, algorithm) = (shares.last.seconds, shares.algorithm)
        try await options.show { pool in
            let span = ShareSpan(last: last, now: pool.now)
            return SharesReport(minutes: try await pool.minutes(span), span: span, algorithm: algorithm)
        }
    }
}

struct PoolConnections: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connections",
        abstract: "Who is connected, with the address that a trusted proxy told of.",
        discussion: """
            --json: {server, id, address, listener, proxyID, worker, agent, extranonce1, difficulty, accepted, rejected, \
            since, lastShare}.
            """)

    @OptionGroup var options: PoolOptions

    func run() async throws {
        try await options.show { ConnectionsReport(connections: try await $0.connections(), now: $0.now) }
    }
}

struct PoolRounds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rounds",
        abstract: "Which shares found which block, the newest round first.",
        discussion: """
            A share belongs to the first block, in the height and time stamped on both, that was not orphaned; an orphaned \
            block's round merges into the next. The first round is open: its block is not found yet. DIFFICULTY is the sum over \
            the shares.

            --json: {height, hash, outcome, time, orphans, difficulty, weight, workers: [{worker, difficulty, weight}]}; weights are \
            whole numbers as text, 65,536 for a difficulty of 1. height, hash and time of the open round are null.
            """)

    @Option(name: [.short, .long], help: "How many.")
    var count: Int = 20

    @Flag(help: "A line for each worker.")
    var workers = false

    @OptionGroup var options: PoolOptions

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--count is from 1 to 10000.") }
    }

    func run() async throws {
        let (count, showsWorkers) = (count, workers)
        try await options.show {
            RoundsReport(rounds: try await $0.rounds(count), showsWorkers: showsWorkers, now: $0.now)
        }
    }
}

struct PoolWindow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window",
        abstract: "The window of PPLNS: what each worker has in the newest shares.",
        discussion: """
            The window has the newest whole minutes whose shares make up the reporters' --pplns-window.

            --json: {worker, difficulty, weight, percent}; weights are whole numbers as text, 65,536 for a difficulty of 1.
            """)

    @OptionGroup var options: PoolOptions

    func run() async throws {
        try await options.show { WindowReport(weights: try await $0.window()) }
    }
}
