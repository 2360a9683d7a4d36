internal import ArgumentParser
internal import DurableQueue
internal import MessagePack

/// Entries that were given up, as an operator names them.
private struct NamedEntries {
    let queue: String
    /// Nil means all.
    let identities: [String]?

    /// - Throws: ``CommandFailure`` for what is no identity.
    init(_ queue: String, _ texts: [String]?) throws(CommandFailure) {
        self.queue = queue
        for text in texts ?? [] where EntryIdentity(text: text) == nil {
            throw CommandFailure(
                .usage,
                "“\(text)” is no identity of an entry; give ORIGIN/SEQUENCE as headframe queue dead \(queue) prints it")
        }
        identities = texts
    }

    /// Has every instance that has the queue do it with those of them that it has; prints which.
    func change(by method: String, _ done: String, _ options: QueueOptions) async throws {
        let json = options.json
        try await options.with { try await change($0, by: method, done, json: json) }
    }

    private func change(_ queues: QueueAsker, by method: String, _ done: String, json: Bool) async throws {
        var changed: [String] = []
        for place in queues.places(of: try queues.named(queue)) {
            changed += try await queues.call(place, method, queue, identities)
        }
        if json {
            try StandardOutput.line(JSONText.forReader(.array(changed.map { .string($0) })))
        } else {
            for identity in changed { try StandardOutput.line(identity) }
        }
        Diagnostics.note("\(counted(changed.count, "entry", "entries")) of \(queue) \(done)")
        let known = Set(changed.compactMap { EntryIdentity(text: $0) })
        let missing = (identities ?? []).filter { text in !known.contains { $0.text == EntryIdentity(text: text)?.text }
        }
        guard missing.isEmpty else {
            throw CommandFailure(
                .refused,
                "not given up in \(queue), or not there: \(missing.joined(separator: ", ")); headframe queue dead \(queue) lists what is"
            )
        }
    }
}

struct QueueRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try entries again that were given up.",
        discussion: """
            Prints the identities of those that are tried again; their failures are counted from 0.

            --json: an array of identities.
            """)

    @Argument(help: ArgumentHelp("The queue.", valueName: "queue"))
    var queue: String

    @Argument(help: ArgumentHelp("The entries, as “dead” prints them.", valueName: "identity"))
    var identities: [String] = []

    @Flag(help: "All that were given up.")
    var all = false

    @OptionGroup var options: QueueOptions

    func validate() throws {
        guard all == identities.isEmpty else { throw ValidationError("Give the identities of entries, or --all.") }
    }

    func run() async throws {
        try await NamedEntries(queue, all ? nil : identities).change(by: "queueRetry", "tried again", options)
    }
}

struct QueueDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Take entries away for good that were given up.",
        discussion: """
            Prints the identities of those that are gone. “headframe queue export” keeps a copy.

            --json: an array of identities.
            """)

    @Argument(help: ArgumentHelp("The queue.", valueName: "queue"))
    var queue: String

    @Argument(help: ArgumentHelp("The entries, as “dead” prints them.", valueName: "identity"))
    var identities: [String]

    @OptionGroup var options: QueueOptions

    func run() async throws {
        try await NamedEntries(queue, identities).change(by: "queueDrop", "dropped", options)
    }
}

struct QueueExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Everything in the queues of a name, as JSON lines.",
        discussion: """
            One object a line: {service, instance, identity, id, key, enqueuedMilliseconds, status, runs, failures, crashes, \
            error, endedMilliseconds, payload}, the payload in base64. Completed entries are there as long as they are \
            remembered. What comes or goes meanwhile may be in it or not.
            """)

    @Argument(help: ArgumentHelp("The queue.", valueName: "queue"))
    var queue: String

    @OptionGroup var options: QueueOptions

    func run() async throws {
        let queue = queue
        try await options.with { queues in
            for place in queues.places(of: try queues.named(queue)) {
                var next: String?
                repeat {
                    let page: QueueExport = try await queues.call(place, "queueExport", queue, next)
                    for entry in page.entries {
                        try StandardOutput.line(JSONText.compact(try PlacedEntry(place: place, entry: entry).json))
                    }
                    next = page.next
                } while next != nil
            }
        }
    }
}
