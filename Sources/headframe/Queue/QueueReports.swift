internal import DurableQueue
internal import FoundationEssentials
internal import Mesh
internal import MessagePack

/// What queues hold and do, for people and for programs.
struct QueueReports {
    private let reports: [PlacedReport]

    init(_ reports: [PlacedReport]) { self.reports = reports }

    /// Prints them.
    func show(asTable: Bool, json: Bool) throws {
        if json {
            return try StandardOutput.line(JSONText.forReader(.array(reports.map { try $0.json })))
        }
        guard !reports.isEmpty else {
            return try StandardOutput.line("No instance has a queue. Stratum servers have one for their shares.")
        }
        let style = Style.standardOutput
        for line in asTable ? table.lines(style) : details(style) { try StandardOutput.line(line) }
    }

    /// A line for each queue.
    private var table: Table {
        var table = Table(["QUEUE", "INSTANCE", "STORE", "MODE", "DEPTH", "OLDEST", "RUNNING", "DEAD", "DISK", "STATE"])
        for place in reports {
            let report = place.report
            table.add([
                Table.Cell(PlainText.shown(report.name), .bold), Table.Cell(place.place.description),
                Table.Cell(Self.short(report.store)), Table.Cell(report.mode), Table.Cell("\(report.depth)"),
                Table.Cell(report.oldestMilliseconds.map { Times.brief(.milliseconds($0)) } ?? "-"),
                Table.Cell("\(report.inFlight)"), Table.Cell("\(report.dead)", report.dead > 0 ? .red : nil),
                Table.Cell(ByteCount.text(report.diskBytes)), Self.state(report),
            ])
        }
        return table
    }

    private static func state(_ report: QueueReport) -> Table.Cell {
        if report.failure != nil { return Table.Cell("failed", .red) }
        if report.refusal != nil { return Table.Cell("refuses", .red) }
        return report.waitingFor.isEmpty ? Table.Cell("ok", .green) : Table.Cell("waits", .yellow)
    }

    /// The first digits of an origin.
    private static func short(_ origin: UUID) -> String { String(origin.uuidString.lowercased().prefix(8)) }

    /// Some lines for each queue.
    private func details(_ style: Style) -> [String] {
        var lines: [String] = []
        for place in reports {
            let report = place.report
            if !lines.isEmpty { lines.append("") }
            lines.append(
                "\(style(.bold, PlainText.shown(report.name))) of \(place.place), store \(report.store.uuidString.lowercased())"
            )
            func line(_ name: String, _ text: String, _ color: Style.Color? = nil) {
                let padding = String(repeating: " ", count: max(1, 12 - name.count))
                lines.append("  \(style(.dim, name))\(padding)\(style(color, text))")
            }
            line("mode", "\(report.mode); \(report.promise)")
            let oldest = report.oldestMilliseconds.map { ", the oldest for \(Times.brief(.milliseconds($0)))" } ?? ""
            line("depth", "\(report.depth) of at most \(report.maximumEntries)\(oldest)")
            line("running", "\(report.inFlight)")
            line("dead", "\(report.dead)", report.dead > 0 ? .red : nil)
            let bound = report.diskBound.map { " of at most \(ByteCount.text($0))" } ?? ""
            line("disk", "\(ByteCount.text(report.diskBytes))\(bound), \(ByteCount.text(report.liveBytes)) in use")
            for origin in report.origins { line("origin", Self.words(origin)) }
            if report.replicas.isEmpty { line("replicas", "none") }
            for replica in report.replicas { line("replica", Self.words(replica)) }
            for what in report.waitingFor { line("waits for", PlainText.shown(what), .yellow) }
            if let refusal = report.refusal { line("refuses", PlainText.shown(refusal), .red) }
            if let failure = report.failure { line("failure", PlainText.shown(failure), .red) }
        }
        return lines
    }

    private static func words(_ origin: QueueReport.Origin) -> String {
        let epoch = origin.epoch > 0 ? ", epoch \(origin.epoch)" : ""
        let oldest = origin.oldestSequence.map { "\($0) to" } ?? "none of"
        return "\(origin.origin.uuidString.lowercased())\(epoch): \(oldest) \(origin.highestSequence), "
            + "acknowledged to \(origin.acknowledgedThrough), \(origin.depth) to do"
    }

    private static func words(_ replica: QueueReport.Replica) -> String {
        let lag = replica.lagRecords.map { ", \(counted($0, "record")) behind" } ?? ""
        let instance = replica.instance.map { " at \(PlainText.shown($0))" } ?? ""
        return "\(PlainText.shown(replica.member))\(instance): \(PlainText.shown(replica.state))\(lag)"
    }
}

/// An entry, and who has it.
struct PlacedEntry {
    let place: InstanceName
    let entry: QueueEntry

    /// An object.
    var json: MessagePackValue { get throws { try placed(entry, at: place) } }

    /// Prints entries.
    static func show(_ entries: [PlacedEntry], nothing: String, json: Bool) throws {
        if json { return try StandardOutput.line(JSONText.forReader(.array(entries.map { try $0.json }))) }
        guard !entries.isEmpty else { return try StandardOutput.line(nothing) }
        var table = Table(["INSTANCE", "IDENTITY", "ID", "ENQUEUED", "GIVEN UP", "FAILURES", "CRASHES", "ERROR"])
        for placed in entries {
            let entry = placed.entry
            table.add([
                Table.Cell(placed.place.description), Table.Cell(entry.identity, .bold),
                Table.Cell(PlainText.shown(entry.id)), Table.Cell(time(entry.enqueuedMilliseconds)),
                Table.Cell(entry.endedMilliseconds.map(time) ?? "-"), Table.Cell("\(entry.failures)"),
                Table.Cell("\(entry.crashes)"), Table.Cell(entry.error.map { PlainText.shown($0) } ?? "-", .red),
            ])
        }
        for line in table.lines(.standardOutput) { try StandardOutput.line(line) }
    }

    private static func time(_ milliseconds: Int64) -> String {
        Times.iso8601(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }
}

extension PlacedReport {
    /// An object.
    var json: MessagePackValue { get throws { try placed(report, at: place) } }
}

/// The fields of a value, behind those that say who told of it.
private func placed(_ value: some Encodable, at place: InstanceName) throws -> MessagePackValue {
    let fields = try MessagePackDecoder().decode(MessagePackValue.self, from: MessagePackEncoder().encode(value))
    guard case .map(let entries) = fields else { return fields }
    return .map(
        [
            MessagePackMapEntry("service", .string(place.service)),
            MessagePackMapEntry("instance", .string(place.instance)),
        ] + entries)
}

/// Bytes for people.
enum ByteCount {
    /// `4.3 MiB`.
    static func text(_ bytes: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (number, unit) = (Double(bytes), 0)
        while number >= 1024, unit < units.count - 1 { (number, unit) = (number / 1024, unit + 1) }
        return "\(Decimals.text(number, unit == 0 ? 0 : 1)) \(units[unit])"
    }
}
