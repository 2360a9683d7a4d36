internal import ArgumentParser
internal import Mesh
internal import MessagePack

/// Asks instances for signs of life.
struct PingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Measure the round trip to the handlers of each instance.",
        usage: """
            headframe ping [SERVICE [--instance NAME]]
            headframe ping --endpoint tcp://HOST:PORT
            """,
        discussion: """
            An answer comes from where the methods run, so that a process whose connections live and whose handlers hang \
            does not answer. Without SERVICE every instance is asked. A first ping, which sets up the connection, is not \
            counted. Exits with 2 when an instance did not answer.
            """)

    @Argument(help: ArgumentHelp("The service.", valueName: "service"))
    var service: String?

    @Option(help: ArgumentHelp("Ask this instance alone.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("Ask whoever listens there, in the registry or not.", valueName: "url"))
    var endpoint: String?

    @Option(name: [.short, .long], help: "How many pings each instance gets.")
    var count: Int = 20

    @Option(help: ArgumentHelp("How long an answer may take.", valueName: "seconds"))
    var timeout: Double = 3

    @Flag(
        help: """
            Print JSON: an array of {target, sent, failed, minMilliseconds, avgMilliseconds, p99Milliseconds, \
            maxMilliseconds, error}.
            """)
    var json = false

    @OptionGroup var mesh: MeshOptions

    func validate() throws {
        guard service == nil || endpoint == nil else { throw ValidationError("Give SERVICE or --endpoint, not both.") }
        guard instance == nil || service != nil else { throw ValidationError("--instance belongs to a SERVICE.") }
        guard (1...100_000).contains(count) else { throw ValidationError("--count is from 1 to 100000.") }
        try validateTimeout(timeout)
    }

    private struct Answer: Sendable {
        let target: String
        var trips = RoundTrips()
        var error: String?
    }

    func run() async throws {
        let settings = try mesh.start()
        let target = try endpoint.map { try CallTarget(endpoint: $0) }
        let answers = try await withMesh(settings, usesRegistry: target == nil) { session in
            let targets = try await targets(target, session)
            return try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
                for (index, (name, destination)) in targets.enumerated() {
                    group.addTask(name: "ping \(name)") { (index, try await ping(destination, name, session)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
        try show(answers)
        if answers.contains(where: { $0.error != nil }) { throw CommandFailure(.unavailable, "") }
    }

    private func targets(_ endpoint: CallTarget?, _ session: MeshSession) async throws -> [(String, Destination)] {
        if let endpoint { return [(endpoint.description, endpoint.destination)] }
        let instances =
            if let service {
                try await session.require(service, instance: instance)
            } else {
                try await session.registry.instances()
            }
        let names = instances.map(\.record.name).filter { instance == nil || $0.instance == instance }
        guard !names.isEmpty else {
            throw CommandFailure(
                .unavailable, "no service is registered, so there is nobody to ask; see headframe doctor")
        }
        return names.map { ($0.description, .instance($0)) }
    }

    private func ping(_ destination: Destination, _ name: String, _ session: MeshSession) async throws -> Answer {
        var answer = Answer(target: name)
        let ping = Ping(destination: destination, timeout: .seconds(timeout))
        do {
            _ = try await ping.roundTrip(session)
            for _ in 0..<count { answer.trips.add(try await ping.roundTrip(session)) }
        } catch let error as MeshError {
            // Whoever is silent once has not to be waited for as often as was asked.
            answer.trips.addFailure()
            answer.error = error.description
        }
        return answer
    }

    private func show(_ answers: [Answer]) throws {
        if json {
            let list = answers.map { answer in
                MessagePackValue.map(
                    [MessagePackMapEntry("target", .string(answer.target))] + answer.trips.json
                        + [MessagePackMapEntry("error", MessagePackValue(answer.error))])
            }
            return try StandardOutput.line(JSONText.forReader(.array(list)))
        }
        var table = Table(["INSTANCE", "PINGS", "MIN", "AVG", "P99", "MAX", ""])
        for answer in answers {
            func time(_ time: Duration?) -> Table.Cell { Table.Cell(time.map(Times.milliseconds) ?? "-") }
            let trips = answer.trips
            table.add([
                Table.Cell(answer.target, .bold), "\(trips.times.count)", time(trips.minimum), time(trips.average),
                time(trips.percentile(99)), time(trips.maximum),
                answer.error.map { Table.Cell($0, .red) } ?? Table.Cell("ok", .green),
            ])
        }
        for line in table.lines(.standardOutput) { try StandardOutput.line(line) }
    }
}
