internal import Mesh
internal import MessagePack

/// What `headframe services` shows.
struct ServicesReport {
    private let instances: [RegisteredInstance]
    private let timeToLive: Duration
    private let unixMilliseconds: Int64

    /// - Parameters:
    ///   - timeToLive: The registry's, for which heartbeats are late.
    ///   - unixMilliseconds: The time now, for how long the instances have been up.
    init(_ instances: [RegisteredInstance], timeToLive: Duration, unixMilliseconds: Int64) {
        self.instances = instances
        self.timeToLive = timeToLive
        self.unixMilliseconds = unixMilliseconds
    }

    private func heartbeat(_ instance: RegisteredInstance) -> Table.Cell {
        guard let age = instance.heartbeatAge else { return "-" }
        let isLate = instance.isLate(timeToLive: timeToLive)
        return isLate ? Table.Cell("late, \(Times.brief(age)) ago", .red) : Table.Cell("\(Times.brief(age)) ago")
    }

    private func uptime(_ record: InstanceRecord) -> Duration? {
        guard record.startedMilliseconds > 0 else { return nil }
        return .milliseconds(max(0, unixMilliseconds - record.startedMilliseconds))
    }

    /// An array of objects.
    var json: MessagePackValue {
        .array(
            instances.map { instance in
                let record = instance.record
                return .map([
                    "service": .string(record.name.service),
                    "instance": .string(record.name.instance),
                    "epoch": MessagePackValue(record.epoch),
                    "state": .string(record.state.rawValue),
                    "endpoint": .string(record.endpoint),
                    "version": .string(record.version),
                    "zone": .string(record.zone),
                    "uptimeSeconds": uptime(record).map { MessagePackValue(seconds: $0) } ?? .null,
                    "load": .double(record.load),
                    "heartbeatAgeSeconds": instance.heartbeatAge.map { MessagePackValue(seconds: $0) } ?? .null,
                    "late": .bool(instance.isLate(timeToLive: timeToLive)),
                ])
            })
    }

    /// A table for people, with the line's end.
    func table(_ style: Style) -> String {
        guard !instances.isEmpty else {
            return "No service is registered. Start one (make up), or see headframe doctor.\n"
        }
        var table = Table([
            "SERVICE", "INSTANCE", "STATE", "ENDPOINT", "VERSION", "ZONE", "UP", "LOAD", "HEARTBEAT", "EPOCH",
        ])
        for instance in instances {
            let record = instance.record
            table.add([
                Table.Cell(record.name.service), Table.Cell(record.name.instance, .bold),
                Table.Cell(record.state.rawValue, record.state.color), Table.Cell(record.endpoint),
                Table.Cell(record.version.isEmpty ? "-" : record.version),
                Table.Cell(record.zone.isEmpty ? "-" : record.zone),
                Table.Cell(uptime(record).map(Times.brief) ?? "-"), "\(Int((record.load * 100).rounded())) %",
                heartbeat(instance), "\(record.epoch)",
            ])
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }
}

extension InstanceState {
    /// How a state looks in a table.
    var color: Style.Color {
        switch self {
        case .ready: .green
        case .starting, .draining: .yellow
        }
    }
}
