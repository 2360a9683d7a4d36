internal import Foundation
internal import MessagePack
internal import Mining

/// `headframe pool rounds`.
struct RoundsReport: PoolReport {
    /// The oldest first, the open one last.
    let rounds: [Rounds.Round]
    let showsWorkers: Bool
    let now: Int

    let nothing = "No share is counted yet."

    /// The newest first; without an open round that nobody has anything in.
    private var shown: [Rounds.Round] { rounds.reversed().filter { $0.block != nil || !$0.weights.isEmpty } }

    var json: MessagePackValue {
        .array(
            shown.map { round in
                [
                    "height": MessagePackValue(round.block?.height), "hash": MessagePackValue(round.block?.hash),
                    "outcome": .string(round.outcome),
                    "time": MessagePackValue(milliseconds: round.block.map { Int($0.timeMilliseconds) }),
                    "orphans": .array(round.orphans.map { .string($0.hash) }),
                    "difficulty": .double(round.weight.difficulty), "weight": .string("\(round.weight)"),
                    "workers": .array(
                        round.strongest.map { worker, weight in
                            [
                                "worker": .string(worker), "difficulty": .double(weight.difficulty),
                                "weight": .string("\(weight)"),
                            ]
                        }),
                ]
            })
    }

    var table: Table? {
        guard !shown.isEmpty else { return nil }
        var table = Table(["HEIGHT", "OUTCOME", "ORPHANS", "WORKERS", "DIFFICULTY", "SHARE %", "FOUND", "HASH"])
        for round in shown {
            table.add([
                Table.Cell(round.block.map { "\($0.height)" } ?? "-", .bold), Table.Cell(round.outcome),
                "\(round.orphans.count)", "\(round.weights.count)",
                Table.Cell(Decimals.significant(round.weight.difficulty)), "100",
                Shown.age(round.block.map { Int($0.timeMilliseconds) }, now: now),
                Table.Cell(round.block?.hash ?? "-"),
            ])
            guard showsWorkers else { continue }
            for (worker, weight) in round.strongest {
                table.add([
                    "", "", "", Table.Cell(PlainText.shown(worker)),
                    Table.Cell(Decimals.significant(weight.difficulty)),
                    Table.Cell(Decimals.text(weight.percent(of: round.weight), 2)), "", "",
                ])
            }
        }
        return table
    }
}

/// `headframe pool window`.
struct WindowReport: PoolReport {
    let weights: [String: UInt128]

    let nothing = "The window is empty: no share is counted yet."

    private var sorted: [(worker: String, weight: UInt128)] { Rounds.Round.strongest(of: weights) }
    private var weight: UInt128 { weights.values.reduce(0, +) }

    var json: MessagePackValue {
        let all = weight
        return .array(
            sorted.map { worker, weight in
                [
                    "worker": .string(worker), "difficulty": .double(weight.difficulty), "weight": .string("\(weight)"),
                    "percent": .double(weight.percent(of: all)),
                ]
            })
    }

    var table: Table? {
        guard !weights.isEmpty else { return nil }
        var table = Table(["WORKER", "DIFFICULTY", "SHARE %"])
        let all = weight
        for (worker, weight) in sorted + [("all", all)] {
            table.add([
                Table.Cell(PlainText.shown(worker), .bold), Table.Cell(Decimals.significant(weight.difficulty)),
                Table.Cell(Decimals.text(weight.percent(of: all), 2)),
            ])
        }
        return table
    }
}

extension Rounds.Round {
    /// `open`, or what became of its block.
    fileprivate var outcome: String {
        switch block?.standing {
        case nil: "open"
        case .accepted: "accepted"
        case .undecided: "undecided"
        case .orphaned: "orphaned"
        }
    }

    /// The workers, the strongest one first.
    fileprivate var strongest: [(worker: String, weight: UInt128)] { Self.strongest(of: weights) }

    fileprivate static func strongest(of weights: [String: UInt128]) -> [(worker: String, weight: UInt128)] {
        weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }
}

extension UInt128 {
    fileprivate func percent(of all: UInt128) -> Double { all > 0 ? Double(self) / Double(all) * 100 : 0 }
}
