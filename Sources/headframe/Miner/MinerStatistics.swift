internal import MessagePack

/// What a miner has achieved.
struct MinerStatistics: Equatable, Sendable {
    var accepted = 0
    var rejected = 0
    /// Blocks that the pool took as shares. Whether the chain took them, the pool knows.
    var blocks = 0
    /// What the pool sent and should not have.
    var violations = 0
    var connections = 0
    /// By what the pool said.
    var reasons: [String: Int] = [:]
    var difficulty: Double?
    var height: Int?
    var hashes: UInt64 = 0

    /// How many reasons are told apart; a pool may make up as many as it likes.
    static let reasonLimit = 20

    mutating func reject(_ refusal: PoolRefusal) {
        rejected += 1
        let reason =
            reasons.count < Self.reasonLimit || reasons[refusal.description] != nil ? refusal.description : "other"
        reasons[reason, default: 0] += 1
    }

    /// Why the miner has not done what it should have; nil when it has.
    ///
    /// - Parameter time: How long it was at it.
    func failure(after time: Duration) -> CommandFailure? {
        if violations > 0 {
            return CommandFailure(
                .refused, "the pool sent \(counted(violations, "thing")) that it should not have; see above")
        }
        if accepted > 0 { return nil }
        if connections == 0 {
            return CommandFailure(
                .unavailable, "there was no connection to the pool; does it run, and is the URL right?")
        }
        if rejected > 0 {
            let list = reasons.sorted { $0.value > $1.value }.map { "\($0.value) × \($0.key)" }
            return CommandFailure(.refused, "the pool rejected every share: \(list.joined(separator: ", "))")
        }
        guard difficulty != nil else {
            return CommandFailure(
                .unavailable,
                "the pool took the connection and gave no work in \(Times.brief(time)); is it ready, and not frozen? See its log"
            )
        }
        return CommandFailure(
            .unavailable,
            "no share was found in \(Times.brief(time)) at difficulty \(difficulty.map { "\($0)" } ?? "?"); give it more --duration "
                + "or a lower --difficulty")
    }

    /// A line for people.
    ///
    /// - Parameter rate: Hashes a second.
    func line(rate: Double) -> String {
        let all = accepted + rejected
        let share = all > 0 ? Double(rejected) / Double(all) * 100 : 0
        return
            "\(HashRate.text(rate))  accepted \(accepted)  rejected \(rejected) (\(Decimals.text(share, 1)) %)  blocks \(blocks)  "
            + "difficulty \(difficulty.map { Decimals.significant($0) } ?? "-")  height \(height.map(String.init) ?? "-")"
    }

    func json(rate: Double, seconds: Double) -> MessagePackValue {
        [
            "seconds": .double(seconds), "hashes": MessagePackValue(hashes), "hashesPerSecond": .double(rate.rounded()),
            "accepted": MessagePackValue(accepted), "rejected": MessagePackValue(rejected),
            "blocks": MessagePackValue(blocks),
            "violations": MessagePackValue(violations), "connections": MessagePackValue(connections),
            "difficulty": difficulty.map { .double($0) } ?? .null,
            "height": height.map { MessagePackValue($0) } ?? .null,
            "reasons": .map(
                reasons.sorted { $0.key < $1.key }.map {
                    MessagePackMapEntry(.string($0.key), MessagePackValue($0.value))
                }),
        ]
    }
}
