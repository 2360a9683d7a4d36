internal import Mining

/// The fields of a hash in Redis. What is missing is nil, and what nobody knows is not looked at.
struct PoolFields: Equatable, Sendable {
    private let values: [String: String]

    init(_ values: [String: String]) { self.values = values }

    var isEmpty: Bool { values.isEmpty }

    func text(_ name: String) -> String? { values[name] }
    func integer(_ name: String) -> Int? { values[name].flatMap { Int($0) } }
    func number(_ name: String) -> Double? { values[name].flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }

    var all: [String: String] { values }

    /// Both; what both have, as the other has it.
    func merged(with other: PoolFields) -> PoolFields { PoolFields(values.merging(other.values) { $1 }) }
}

/// One miner's connection.
struct PoolConnection: Equatable, Sendable {
    var server: String
    var id: String
    var address: String
    var listener: String
    var proxyID: String?
    var worker: String?
    var agent: String?
    var extranonce1: String
    var difficulty: Double
    var sinceMilliseconds: Int?
    var accepted: Int
    var rejected: Int
    var lastShareMilliseconds: Int?

    init(server: String, id: String, _ fields: PoolFields) {
        self.server = server
        self.id = id
        address = fields.text("address") ?? ""
        listener = fields.text("listener") ?? ""
        proxyID = fields.text("proxyID")
        worker = fields.text("worker")
        agent = fields.text("agent")
        extranonce1 = fields.text("extranonce1") ?? id
        difficulty = fields.number("difficulty") ?? 0
        sinceMilliseconds = fields.integer("since")
        accepted = fields.integer("accepted") ?? 0
        rejected = fields.integer("rejected") ?? 0
        lastShareMilliseconds = fields.integer("lastShare")
    }
}

/// A block that the pool found.
struct PoolBlock: Equatable, Sendable {
    var hash: String
    var height: Int
    var job: String?
    var outcome: String
    /// What each daemon said, as a JSON object.
    var reasons: String?
    var confirmations: Int?
    var isMature: Bool
    /// In the coin's smallest unit.
    var value: Int?
    var networkDifficulty: Double?
    var worker: String?
    var server: String?
    var foundMilliseconds: Int?
    var updatedMilliseconds: Int?

    /// - Parameter height: As the index has it, for a block whose fields are gone.
    init(hash: String, height: Int, _ fields: PoolFields) {
        self.hash = hash
        self.height = fields.integer("height") ?? height
        job = fields.text("job")
        outcome = fields.text("outcome") ?? "forgotten"
        reasons = fields.text("reasons")
        confirmations = fields.integer("confirmations")
        isMature = fields.text("mature") == "1"
        value = fields.integer("value")
        networkDifficulty = fields.number("network")
        worker = fields.text("worker")
        server = fields.text("server")
        foundMilliseconds = fields.integer("found")
        updatedMilliseconds = fields.integer("updated")
    }
}

/// Shares by what became of them.
struct ShareTotals: Equatable, Sendable {
    /// What a share can come to; `accepted`, or why it was not.
    static let rejections = ["stale", "duplicate", "lowDifficulty", "invalid", "unrecorded"]

    private(set) var counts: [String: Int] = [:]
    /// The sum of the difficulties of the accepted ones: what they are worth.
    private(set) var acceptedDifficulty = 0.0

    var accepted: Int { counts["accepted"] ?? 0 }
    var rejected: Int { counts.reduce(0) { $0 + ($1.key == "accepted" ? 0 : $1.value) } }
    var all: Int { accepted + rejected }
    /// Of all shares; 0 where there is none.
    var rejectedPercent: Double { all > 0 ? Double(rejected) / Double(all) * 100 : 0 }

    mutating func add(_ outcome: String, count: Int) { counts[outcome, default: 0] += count }
    mutating func add(_ outcome: String, difficulty: Double) {
        if outcome == "accepted" { acceptedDifficulty += difficulty }
    }

    mutating func add(_ other: ShareTotals) {
        for (outcome, count) in other.counts { add(outcome, count: count) }
        acceptedDifficulty += other.acceptedDifficulty
    }

    /// Hashes a second that find such shares in that time.
    func hashRate(seconds: Double, _ algorithm: MinerAlgorithm) -> Double {
        seconds > 0 ? acceptedDifficulty * algorithm.hashesOfDifficulty1 / seconds : 0
    }
}

/// The totals of one minute.
struct ShareMinute: Equatable, Sendable {
    /// Unix time in whole minutes.
    var minute: Int
    var workers: [String: ShareTotals] = [:]

    var all: ShareTotals { workers.values.reduce(into: ShareTotals()) { $0.add($1) } }

    /// Reads fields `<worker>|<outcome>|count`, and `difficulty` or `weight` in its place, from the right, because a worker's name may
    /// hold a `|` too.
    init(minute: Int, _ fields: PoolFields) {
        self.minute = minute
        for (name, value) in fields.all {
            let parts = name.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count >= 3 else { continue }
            let (kind, outcome) = (parts[parts.count - 1], String(parts[parts.count - 2]))
            let worker = parts.dropLast(2).joined(separator: "|")
            if kind == "count", let count = Int(value) {
                workers[worker, default: ShareTotals()].add(outcome, count: count)
            } else if kind == "weight", let weight = UInt128(value) {
                workers[worker, default: ShareTotals()].add(outcome, difficulty: weight.difficulty)
            } else if kind == "difficulty", let difficulty = Double(value), difficulty.isFinite {
                workers[worker, default: ShareTotals()].add(outcome, difficulty: difficulty)
            }
        }
    }
}

extension UInt128 {
    /// The difficulty that a sum of share weights stands for.
    var difficulty: Double { Double(self) / Double(PoolShare.weightPerDifficulty) }
}

extension MinerAlgorithm {
    /// How many hashes a share of pool difficulty 1 takes on average: 2^256 by its target.
    var hashesOfDifficulty1: Double {
        switch self {
        case .scrypt: 0x1p32 / 0xffff
        case .sha256d: 0x1p48 / 0xffff
        }
    }
}
