internal import ArgumentParser
internal import DurableQueue
internal import MessagePack

/// Looks after durable queues.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Show the durable queues of the mesh, and look after what was given up in them.",
        discussion: """
            Asks every instance that offers queues. Several may have a queue of one name, and one instance several: its own, \
            and those that it has adopted or taken over. An entry is named by its IDENTITY, ORIGIN/SEQUENCE.

            Where an instance does not answer, that is said, what the others answered is shown, and the exit code is 2.
            """,
        subcommands: [
            QueueList.self, QueueShow.self, QueueDead.self, QueueRetry.self, QueueDrop.self, QueueExportCommand.self,
        ])
}

/// The options that all of them have.
struct QueueOptions: ParsableArguments {
    @Flag(help: "Print JSON instead of text.")
    var json = false

    @Option(help: ArgumentHelp("Ask this instance alone.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("How long each answer may take.", valueName: "seconds"))
    var timeout: Double = 10

    @OptionGroup var mesh: MeshOptions

    func validate() throws { try validateTimeout(timeout) }

    /// Runs `body` with the queues of the mesh.
    ///
    /// - Throws: ``CommandFailure`` when an instance did not answer, after `body` has shown what the others did.
    func with(_ body: @escaping @Sendable (QueueAsker) async throws -> Void) async throws {
        try await withMesh(mesh.start()) { session in
            let asker = try await QueueAsker.asking(session, instance: instance, timeout: .seconds(timeout))
            try await body(asker)
            if !asker.silent.isEmpty { throw CommandFailure(.unavailable, "") }
        }
    }
}

struct QueueList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Every queue of every instance.",
        discussion: """
            DEPTH counts the entries that wait or run, DEAD those that were given up; OLDEST is for how long the oldest has \
            waited.

            --json: an array of objects, as “show” prints them.
            """)

    @OptionGroup var options: QueueOptions

    func run() async throws {
        let json = options.json
        try await options.with { queues in
            try QueueReports(queues.all).show(asTable: true, json: json)
        }
    }
}

struct QueueShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "All there is to know of the queues of a name.",
        discussion: """
            --json: an array of {service, instance, name, store, origins: [{origin, epoch, oldestSequence, highestSequence, \
            acknowledgedThrough, depth}], mode, depth, maximumEntries, oldestMilliseconds, inFlight, dead, diskBytes, \
            liveBytes, diskBound, replicas: [{member, instance, lagRecords, state}], waitingFor, promise, failure}; \
            what is not known or not there is left out.
            """)

    @Argument(help: ArgumentHelp("The queue.", valueName: "queue"))
    var queue: String

    @OptionGroup var options: QueueOptions

    func run() async throws {
        let (queue, json) = (queue, options.json)
        try await options.with { queues in
            try QueueReports(try queues.named(queue)).show(asTable: false, json: json)
        }
    }
}

struct QueueDead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "The entries that were given up, with their errors.",
        discussion: """
            --json: an array of {service, instance, identity, id, key, enqueuedMilliseconds, status, runs, failures, \
            crashes, error, endedMilliseconds, payload}, the payload in base64.
            """)

    @Argument(help: ArgumentHelp("The queue.", valueName: "queue"))
    var queue: String

    @Option(name: [.short, .long], help: "How many of each instance, at most 1000.")
    var count: Int = 100

    @OptionGroup var options: QueueOptions

    func validate() throws {
        guard (1...1000).contains(count) else { throw ValidationError("--count is from 1 to 1000.") }
    }

    func run() async throws {
        let (queue, count, json) = (queue, count, options.json)
        try await options.with { queues in
            var letters: [PlacedEntry] = []
            for place in queues.places(of: try queues.named(queue)) {
                let dead: [QueueEntry] = try await queues.call(place, "queueDead", queue, count)
                letters += dead.map { PlacedEntry(place: place, entry: $0) }
            }
            try PlacedEntry.show(letters, nothing: "Nothing was given up in \(queue).", json: json)
        }
    }
}
