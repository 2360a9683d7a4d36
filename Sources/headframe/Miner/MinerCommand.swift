internal import ArgumentParser
internal import Foundation
internal import MessagePack

/// Mines at a pool.
struct MinerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "miner",
        abstract: "Mine at a Stratum V1 pool with the processor.",
        usage: "headframe miner --url stratum+tcp://HOST:PORT --user NAME",
        discussion: """
            For trying and testing pools: it hashes for real, and checks what the pool sends as it goes: that the coinbase \
            is one with extranonces of the sizes agreed upon, that branch, bits and difficulty can be mined on, that ids are \
            not given out twice, that answers come in order. It connects again when the connection breaks, and follows \
            client.reconnect to the same host or domain.

            Every ten seconds it prints a line with hash rate and shares; --json prints one object at the end instead. It \
            ends after --duration, after --shares accepted ones, or at Ctrl-C.

            EXIT CODES
              0   a share was accepted
              1   the pool refused the user or every share, or sent something wrong
              2   no connection, or no share found
            """)

    @Option(help: ArgumentHelp("The pool, such as stratum+tcp://127.0.0.1:3333.", valueName: "url"))
    var url: String

    @Option(name: [.short, .long], help: ArgumentHelp("The user, mostly ADDRESS.WORKER.", valueName: "name"))
    var user: String

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("What the pool takes as the password, such as d=0.01 for a difficulty.", valueName: "text"))
    var password: String = "x"

    @Option(name: [.short, .long], help: "How many threads hash.")
    var threads: Int = 1

    @Option(help: ArgumentHelp("End after so long, such as 90s or 10m.", valueName: "time"))
    var duration: TimeSpan?

    @Option(help: ArgumentHelp("End after so many accepted shares.", valueName: "count"))
    var shares: Int?

    @Option(help: "The proof of work: scrypt or sha256d.")
    var algorithm: MinerAlgorithm = .scrypt

    @Option(help: "Suggest this difficulty to the pool (mining.suggest_difficulty).")
    var difficulty: Double?

    @Flag(help: "Ask for bits of the version to roll (BIP 310).")
    var versionRolling = false

    @Option(
        help: ArgumentHelp(
            "Append a line for each share to a file: submitted, accepted or rejected, and its header's hash.",
            valueName: "file"))
    var shareLog: String?

    @Flag(
        help: """
            Print one JSON object at the end: {seconds, hashes, hashesPerSecond, accepted, rejected, blocks, violations, \
            connections, difficulty, height, reasons}.
            """)
    var json = false

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads is from 1 to 1024.") }
        guard shares.map({ $0 > 0 }) ?? true else { throw ValidationError("--shares is a positive number.") }
        guard difficulty.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--difficulty is a positive number.")
        }
        guard !user.isEmpty else { throw ValidationError("--user is empty.") }
    }

    func run() async throws {
        let url = try StratumURL(url)
        var options = MinerSession.Options(user: user, password: password, algorithm: algorithm)
        options.rollsVersion = versionRolling
        options.suggestedDifficulty = difficulty
        let record = MinerRecord(wanted: shares, log: try shareLog.map { try ShareLog(path: $0) })
        let board = WorkBoard(firstSlice: .random(in: 0...(.max)))
        let run = MinerRun(url: url, options: options, threads: threads, record: record, board: board)
        let began = ContinuousClock.now
        let report = MinerReport(record: record, board: board, began: began, isQuiet: json)
        let limit = duration?.seconds

        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "mine") { try await run.run() }
            group.addTask(name: "stop") { await StopSignals.wait() }
            group.addTask(name: "report") { try await report.run() }
            if let limit { group.addTask(name: "duration") { try await Task.sleep(for: .seconds(limit)) } }
            defer { group.cancelAll() }
            try await group.next()
        }
        try report.finish(asJSON: json)
        if let failure = record.current.failure(after: .now - began) { throw failure }
    }
}

/// What is printed while a miner runs.
struct MinerReport: Sendable {
    let record: MinerRecord
    let board: WorkBoard
    let began: ContinuousClock.Instant
    let isQuiet: Bool

    private static let interval = Duration.seconds(10)

    /// Prints a line every ten seconds.
    func run() async throws {
        var (lastCount, lastTime) = (board.hashCount, ContinuousClock.now)
        while true {
            try await Task.sleep(for: Self.interval)
            let (count, time) = (board.hashCount, ContinuousClock.now)
            let rate = Double(count - lastCount) / ((time - lastTime) / .seconds(1))
            (lastCount, lastTime) = (count, time)
            if !isQuiet { try StandardOutput.line("\(Times.iso8601())  \(record.current.line(rate: rate))") }
        }
    }

    /// Prints what became of it.
    func finish(asJSON: Bool) throws {
        var statistics = record.current
        statistics.hashes = board.hashCount
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let rate = Double(statistics.hashes) / max(seconds, 0.001)
        guard asJSON else { return try StandardOutput.line("in all \(statistics.line(rate: rate))") }
        try StandardOutput.line(
            JSONText.forReader(statistics.json(rate: rate, seconds: (seconds * 1000).rounded() / 1000)))
    }
}
