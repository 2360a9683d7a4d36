internal import Foundation
internal import MessagePack

/// What `headframe pool` shows: rows that are a table for people and an array of objects for programs.
protocol PoolReport {
    var json: MessagePackValue { get }
    /// What is said instead of an empty table.
    var nothing: String { get }
    /// Nil where there is nothing to show.
    var table: Table? { get }
}

/// How values look in the tables.
enum Shown {
    static func age(_ milliseconds: Int?, now: Int) -> Table.Cell {
        Table.Cell(milliseconds.map { "\(Times.brief(.milliseconds(max(0, now - $0)))) ago" } ?? "-")
    }

    static func count(_ number: Int, _ color: Style.Color? = nil) -> Table.Cell {
        Table.Cell("\(number)", number > 0 ? color : nil)
    }

    static func text(_ text: String?) -> Table.Cell { Table.Cell(text.map { PlainText.shown($0) } ?? "-") }

    /// Hundred millionths as coins, without zeros at the end.
    static func coins(_ value: Int?) -> Table.Cell {
        guard let value else { return "-" }
        return Table.Cell(String(format: "%.8f", Double(value) / 1e8).replacing(/\.?0+$/, with: ""))
    }
}

extension MessagePackValue {
    /// A number, or null.
    init(_ number: Int?) { self = number.map { .int(Int64($0)) } ?? .null }
    init(_ number: Double?) { self = number.map { .double($0) } ?? .null }
    /// A time in milliseconds as text (RFC 3339), or null.
    init(milliseconds: Int?) {
        self = milliseconds.map { .string(Times.iso8601(Date(timeIntervalSince1970: Double($0) / 1000))) } ?? .null
    }
}

/// `headframe pool connections`.
struct ConnectionsReport: PoolReport {
    let connections: [PoolConnection]
    let now: Int

    let nothing = "Nobody is connected. Point a miner at the stratum servers (make status shows where)."

    var json: MessagePackValue {
        .array(
            connections.map { connection in
                [
                    "server": .string(connection.server), "id": .string(connection.id),
                    "address": .string(connection.address), "listener": .string(connection.listener),
                    "proxyID": MessagePackValue(connection.proxyID), "worker": MessagePackValue(connection.worker),
                    "agent": MessagePackValue(connection.agent), "extranonce1": .string(connection.extranonce1),
                    "difficulty": .double(connection.difficulty), "accepted": MessagePackValue(connection.accepted),
                    "rejected": MessagePackValue(connection.rejected),
                    "since": MessagePackValue(milliseconds: connection.sinceMilliseconds),
                    "lastShare": MessagePackValue(milliseconds: connection.lastShareMilliseconds),
                ]
            })
    }

    var table: Table? {
        guard !connections.isEmpty else { return nil }
        var table = Table([
            "SERVER", "ADDRESS", "WORKER", "DIFFICULTY", "ACCEPTED", "REJECTED", "LAST SHARE", "SINCE", "EXTRANONCE1",
            "AGENT",
        ])
        for connection in connections {
            table.add([
                Table.Cell(connection.server), Table.Cell(connection.address, .bold), Shown.text(connection.worker),
                Table.Cell(Decimals.significant(connection.difficulty)), Shown.count(connection.accepted, .green),
                Shown.count(connection.rejected, .yellow), Shown.age(connection.lastShareMilliseconds, now: now),
                Shown.age(connection.sinceMilliseconds, now: now), Table.Cell(connection.extranonce1),
                Shown.text(connection.agent),
            ])
        }
        return table
    }
}

/// `headframe pool blocks`.
struct BlocksReport: PoolReport {
    let blocks: [PoolBlock]
    let now: Int

    let nothing = "No block was found yet."

    var json: MessagePackValue {
        .array(
            blocks.map { block in
                [
                    "height": MessagePackValue(block.height), "hash": .string(block.hash),
                    "outcome": .string(block.outcome),
                    "confirmations": MessagePackValue(block.confirmations), "mature": .bool(block.isMature),
                    "value": MessagePackValue(block.value),
                    "networkDifficulty": MessagePackValue(block.networkDifficulty),
                    "worker": MessagePackValue(block.worker), "server": MessagePackValue(block.server),
                    "job": MessagePackValue(block.job), "reasons": Self.reasons(block.reasons),
                    "found": MessagePackValue(milliseconds: block.foundMilliseconds),
                    "updated": MessagePackValue(milliseconds: block.updatedMilliseconds),
                ]
            })
    }

    /// The object that the text is; the text where it is none.
    private static func reasons(_ text: String?) -> MessagePackValue {
        guard let text else { return .null }
        return (try? JSONDecoder().decode(MessagePackValue.self, from: Data(text.utf8))) ?? .string(text)
    }

    var table: Table? {
        guard !blocks.isEmpty else { return nil }
        var table = Table(["HEIGHT", "OUTCOME", "CONFIRMATIONS", "COINS", "WORKER", "SERVER", "FOUND", "HASH"])
        for block in blocks {
            table.add([
                Table.Cell("\(block.height)", .bold), Table.Cell(Self.shown(block), Self.color(block.outcome)),
                Table.Cell(block.confirmations.map { "\($0)\(block.isMature ? " (mature)" : "")" } ?? "-"),
                Shown.coins(block.value), Shown.text(block.worker), Shown.text(block.server),
                Shown.age(block.foundMilliseconds, now: now), Table.Cell(block.hash),
            ])
        }
        return table
    }

    /// The outcome, and for what reasons it is none that one wants.
    private static func shown(_ block: PoolBlock) -> String {
        guard block.outcome == "rejected", case .map(let reasons) = reasons(block.reasons) else { return block.outcome }
        let words = Set(reasons.compactMap(\.value.stringValue)).sorted().joined(separator: ", ")
        return words.isEmpty ? block.outcome : "\(block.outcome): \(PlainText.shown(words))"
    }

    private static func color(_ outcome: String) -> Style.Color? {
        switch outcome {
        case "accepted": .green
        case "undecided": .yellow
        case "orphaned", "rejected": .red
        default: .dim
        }
    }
}

/// `headframe pool shares`.
struct SharesReport: PoolReport {
    let minutes: [ShareMinute]
    let span: ShareSpan
    let algorithm: MinerAlgorithm

    let nothing = "No share came in that time."

    var json: MessagePackValue {
        .array(
            minutes.map { minute in
                let totals = minute.all
                var entries: [MessagePackMapEntry] = [
                    .init("minute", MessagePackValue(milliseconds: minute.minute * 60_000)),
                    .init("accepted", MessagePackValue(totals.accepted)),
                ]
                entries += ShareTotals.rejections.map { .init(.string($0), MessagePackValue(totals.counts[$0] ?? 0)) }
                entries.append(.init("difficulty", .double(totals.acceptedDifficulty)))
                entries.append(.init("workers", MessagePackValue(minute.workers.count)))
                return .map(entries)
            })
    }

    var table: Table? {
        guard !minutes.isEmpty else { return nil }
        var table = Table([
            "MINUTE (UTC)", "WORKERS", "ACCEPTED", "STALE", "DUPLICATE", "LOW DIFFICULTY", "INVALID", "UNRECORDED",
            "REJECTED %", "DIFFICULTY", "HASH RATE",
        ])
        for minute in minutes {
            let begin = Date(timeIntervalSince1970: Double(minute.minute) * 60)
            // Of the present minute, what has passed of it.
            let seconds =
                minute.minute == span.lastMinute ? span.seconds - Double(span.lastMinute - span.firstMinute) * 60 : 60
            table.add(row(String(Times.iso8601(begin).prefix(16)), minute.workers.count, minute.all, seconds))
        }
        let all = minutes.reduce(into: ShareTotals()) { $0.add($1.all) }
        let workers = Set(minutes.flatMap(\.workers.keys)).count
        table.add(row("all", workers, all, span.seconds(sinceMinute: minutes[0].minute)))
        return table
    }

    private func row(_ name: String, _ workers: Int, _ totals: ShareTotals, _ seconds: Double) -> [Table.Cell] {
        [Table.Cell(name, .bold), "\(workers)", Shown.count(totals.accepted, .green)]
            + ShareTotals.rejections.map { Shown.count(totals.counts[$0] ?? 0, .yellow) }
            + [
                Table.Cell(Decimals.text(totals.rejectedPercent, 2)),
                Table.Cell(Decimals.significant(totals.acceptedDifficulty)),
                Table.Cell(HashRate.text(totals.hashRate(seconds: seconds, algorithm))),
            ]
    }
}

/// `headframe pool workers`.
struct WorkersReport: PoolReport {
    struct Worker: Equatable, Sendable {
        var name: String
        var totals = ShareTotals()
        var connections = 0
        /// The sum of the difficulties of its connections' last jobs is of no use; the highest one is shown.
        var difficulty: Double?
        var lastShareMilliseconds: Int?
        /// Unix time in whole minutes: when it was first seen in the time that is looked at.
        var firstMinute: Int?

        mutating func saw(minute: Int) { firstMinute = min(firstMinute ?? minute, minute) }
    }

    let workers: [Worker]
    let span: ShareSpan
    let algorithm: MinerAlgorithm
    let now: Int

    let nothing = "No worker is connected, and none sent a share in that time."

    init(
        _ minutes: [ShareMinute], _ connections: [PoolConnection], lastShares: [String: Int] = [:], span: ShareSpan,
        algorithm: MinerAlgorithm, now: Int
    ) {
        var workers: [String: Worker] = [:]
        for minute in minutes {
            for (name, totals) in minute.workers {
                var worker = workers[name] ?? Worker(name: name)
                worker.totals.add(totals)
                worker.saw(minute: minute.minute)
                if totals.accepted > 0 { worker.lastShareMilliseconds = minute.minute * 60_000 }
                workers[name] = worker
            }
        }
        for connection in connections {
            guard let name = connection.worker else { continue }
            var worker = workers[name] ?? Worker(name: name)
            worker.connections += 1
            if let since = connection.sinceMilliseconds { worker.saw(minute: max(since / 60_000, span.firstMinute)) }
            worker.difficulty = max(worker.difficulty ?? 0, connection.difficulty)
            worker.lastShareMilliseconds = [worker.lastShareMilliseconds, connection.lastShareMilliseconds].compactMap(
                \.self
            ).max()
            workers[name] = worker
        }
        for (name, time) in lastShares { workers[name]?.lastShareMilliseconds = time }
        self.workers = workers.values.sorted {
            ($1.totals.acceptedDifficulty, $0.name) < ($0.totals.acceptedDifficulty, $1.name)
        }
        self.span = span
        self.algorithm = algorithm
        self.now = now
    }

    private func rate(_ worker: Worker) -> Double {
        worker.totals.hashRate(seconds: span.seconds(sinceMinute: worker.firstMinute ?? span.firstMinute), algorithm)
    }

    var json: MessagePackValue {
        .array(
            workers.map { worker in
                var entries: [MessagePackMapEntry] = [
                    .init("worker", .string(worker.name)), .init("connections", MessagePackValue(worker.connections)),
                    .init("hashesPerSecond", .double(rate(worker).rounded())),
                    .init("accepted", MessagePackValue(worker.totals.accepted)),
                ]
                entries += ShareTotals.rejections.map {
                    .init(.string($0), MessagePackValue(worker.totals.counts[$0] ?? 0))
                }
                entries += [
                    .init("acceptedDifficulty", .double(worker.totals.acceptedDifficulty)),
                    .init("difficulty", MessagePackValue(worker.difficulty)),
                    .init("lastShare", MessagePackValue(milliseconds: worker.lastShareMilliseconds)),
                ]
                return .map(entries)
            })
    }

    var table: Table? {
        guard !workers.isEmpty else { return nil }
        var table = Table([
            "WORKER", "CONNECTIONS", "HASH RATE", "ACCEPTED", "REJECTED", "REJECTED %", "DIFFICULTY", "LAST SHARE",
        ])
        for worker in workers {
            table.add([
                Table.Cell(PlainText.shown(worker.name), .bold), "\(worker.connections)",
                Table.Cell(HashRate.text(rate(worker))), Shown.count(worker.totals.accepted, .green),
                Shown.count(worker.totals.rejected, .yellow),
                Table.Cell(Decimals.text(worker.totals.rejectedPercent, 2)),
                Table.Cell(worker.difficulty.map { Decimals.significant($0) } ?? "-"),
                Shown.age(worker.lastShareMilliseconds, now: now),
            ])
        }
        return table
    }
}
