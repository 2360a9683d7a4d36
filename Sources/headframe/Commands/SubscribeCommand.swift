internal import ArgumentParser
internal import Mesh
internal import ServiceKit

/// Follows a publication.
struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe",
        abstract: "Follow a publication of all instances of a service, merged into one stream.",
        usage: """
            headframe subscribe SERVICE PUBLICATION [--stats]
            headframe subscribe SERVICE STREAM [ARGUMENT ...] --instance NAME
            """,
        discussion: """
            Prints one JSON object a line: {publisher, epoch, position, key, reset, item, receivedAt}. The position says \
            where the item stands: {lineage, ordinal, height, parent, ancestors}; “reset” that the stream starts again, \
            perhaps lower. The stream survives the loss of any instance.

            With --instance it is the plain stream of that one, item by item as it sends them, and it ends with it; such a \
            stream may take arguments, which are read as those of “headframe call”.

            --stats prints at the end (Ctrl-C, SIGTERM, --count, --duration, or a reader that goes away), on standard error: \
            gaps (heights that never came), duplicates (one position and key seen twice), switches (the active publisher \
            changed), resets, falls (the height fell without a reset) and alarms.
            """)

    @Argument(help: ArgumentHelp("The service, the stream and its arguments.", valueName: "word"))
    var words: [String] = []

    @Option(help: ArgumentHelp("Follow this instance alone.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("End after so many items.", valueName: "items"))
    var count: Int?

    @Option(help: ArgumentHelp("End after so long.", valueName: "seconds"))
    var duration: Double?

    @Flag(help: "Print statistics on standard error at the end.")
    var stats = false

    @Flag(help: "As --stats, but as one JSON object.")
    var jsonStats = false

    @Flag(help: "Wait for the service where no instance is registered yet.")
    var wait = false

    @OptionGroup var mesh: MeshOptions

    func validate() throws {
        guard words.count >= 2 else {
            let second = instance == nil ? "PUBLICATION" : "STREAM"
            throw ValidationError("\(["SERVICE", second][words.count]) is missing.")
        }
        guard words.count == 2 || instance != nil else {
            throw ValidationError("A publication takes no arguments; the stream of one instance (--instance) may.")
        }
        guard count ?? 1 > 0 else { throw ValidationError("--count is at least 1.") }
        if let duration { try validateTimeout(duration, "--duration") }
    }

    func run() async throws {
        let settings = try mesh.start()
        let run = SubscriptionRun(count: count)
        do {
            try await withMesh(settings) { session in try await follow(run, session) }
        } catch {
            report(run.statistics)
            throw error
        }
        report(run.statistics)
    }

    /// Ends by whatever comes first: enough, the time, a signal, or a failure.
    private func follow(_ run: SubscriptionRun, _ session: MeshSession) async throws {
        let (service, stream) = (words[0], words[1])
        if !wait { try await session.require(service, instance: instance, patience: nil) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask(name: "signals") {
                await StopSignals.wait()
                return true
            }
            if let duration {
                group.addTask(name: "duration") {
                    try await Task.sleep(for: .seconds(duration))
                    return true
                }
            }
            group.addTask(name: "stream") {
                guard let instance else {
                    try await run.follow(stream, of: service, session)
                    return true
                }
                let target = CallTarget(service: service, instance: instance)
                let arguments = Payload(try JSONArgument.payload(Array(words.dropFirst(2))))
                let request = CallRequest(target.destination, stream, arguments: arguments)
                try await run.follow(request, of: target.description, session)
                return true
            }
            if instance == nil {
                group.addTask(name: "probe") {
                    try await PublicationProbe.check(stream, of: service, session)
                    return false
                }
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
    }

    private func report(_ statistics: SubscriptionStatistics) {
        if jsonStats {
            StandardError.write(JSONText.compact(statistics.json) + "\n")
        } else if stats {
            StandardError.write(statistics.text)
        }
    }
}
