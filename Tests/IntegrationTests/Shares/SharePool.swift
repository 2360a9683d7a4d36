internal import Foundation
internal import TestSupport

/// What stands between miners and their totals: stratum servers on one port and reporters, started again when they end.
struct SharePool: Sendable {
    let stratum: [SupervisedProcess]
    let reporters: [SupervisedProcess]
    let pool: Pool
    let port: Int
    /// Spools and the miners' share logs.
    let folder: TemporaryFolder

    var processes: [SupervisedProcess] { stratum + reporters }

    init(in pool: Pool, stratum: Int = 2, reporters: Int = 2, _ arguments: [String] = []) throws {
        self.pool = pool
        let port = try FreePort.pick()
        let folder = try TemporaryFolder("shares")
        (self.port, self.folder) = (port, folder)
        self.stratum = try (1...stratum).map { number in
            SupervisedProcess(
                "stratum-\(number)", try Program.built("stratum"),
                try pool.place.arguments("stratum-\(number)", ports: PortBlock.pick()) + [
                    "--listen", "127.0.0.1:\(port)", "--spool", folder.path + "/spool",
                ] + arguments,
                environment: [:])
        }
        self.reporters = try (1...reporters).map { number in
            SupervisedProcess(
                "reporter-\(number)", try Program.built("reporter"),
                try pool.place.arguments("reporter-\(number)", ports: PortBlock.pick()), environment: [:])
        }
    }

    /// Keeps servers and reporters running while `body` runs; shows what they said when it fails.
    func whileRunning(_ body: @escaping @Sendable () async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in processes { group.addTask { try await process.run() } }
                defer { group.cancelAll() }
                try await body()
            }
        } catch {
            for process in processes { process.printLog() }
            throw error
        }
    }

    /// Starts a miner that logs its shares.
    func miner(_ number: Int) throws -> ChildProcess {
        try ChildProcess.start(
            Program.built("headframe"),
            [
                "miner", "--url", "stratum+tcp://127.0.0.1:\(port)", "--user", "miner\(number).rig", "--json",
                "--share-log",
                log(number),
            ])
    }

    /// Waits until so many more shares are accepted.
    func waitUntilAccepted(_ more: Int, _ logs: [String]) async throws {
        let before = try MinedShares(logs: logs).accepted.count
        try await eventually(within: .seconds(60), "\(more) more shares are accepted") {
            try MinedShares(logs: logs).accepted.count >= before + more
        }
    }

    /// Ends the miners, waits until all that they had accepted is counted, prints the figures behind `title`, and checks them.
    @discardableResult
    func finish(_ miners: [ChildProcess], _ logs: [String], _ title: String) async throws -> MinedShares {
        for miner in miners {
            miner.signal(SIGTERM)
            _ = try await miner.waitForExit(deadline: .seconds(20))
        }
        let mined = try MinedShares(logs: logs)
        try await waitUntilCounted(mined)
        let counted = try await CountedShares.read(pool.place)
        print("\(title): \(counted.summary(beside: mined))")
        counted.check(against: mined)
        return mined
    }

    /// Where a miner logs its shares.
    func log(_ number: Int) -> String { folder.path + "/miner-\(number).log" }
}

/// What miners know of their shares, each by the hash of its header.
struct MinedShares: Sendable {
    var submitted: Set<String> = []
    var accepted: Set<String> = []
    var rejected: Set<String> = []

    /// Those whose answer never came.
    var unanswered: Set<String> { submitted.subtracting(accepted).subtracting(rejected) }

    /// Reads the miners' logs.
    init(logs: [String]) throws {
        for path in logs where FileManager.default.fileExists(atPath: path) {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                guard words.count == 2 else { throw TestSupportError("a line of \(path) is no event: \(line)") }
                switch words[0] {
                case "submitted": submitted.insert(words[1])
                case "accepted": accepted.insert(words[1])
                case "rejected": rejected.insert(words[1])
                default: throw TestSupportError("a line of \(path) is no event: \(line)")
                }
            }
        }
    }
}
