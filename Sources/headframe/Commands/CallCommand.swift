internal import ArgumentParser
internal import Mesh
internal import MessagePack

/// Calls a method.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call a method and print what it answers.",
        usage: """
            headframe call SERVICE METHOD [ARGUMENT ...] [--instance NAME | --all]
            headframe call --endpoint tcp://HOST:PORT METHOD [ARGUMENT ...]
            """,
        discussion: """
            Each ARGUMENT is JSON, or else a string: 7, true, null, '{"height": 7}', '[1, 2]' and hello are what they \
            look like. A number counts as one only where it is written the plain way; everything else, such as a hash \
            of 64 digits, 1e5 or 007, stays a string. '"7"' is a string too. Put -- before an argument that begins with \
            a dash.

            The result is printed as JSON, on one line where it does not go to a terminal. Where the method answers with \
            a stream, each item is printed as it comes, one line each. Bytes are printed as hexadecimal digits.

            With --endpoint, the registry is not asked and SERVICE is left out: any ZeroRPC server will do.

              headframe call jobmanager status --all
              headframe call jobmanager job 5f3c...
              headframe call --endpoint tcp://127.0.0.1:4242 hello world

            Exit codes: 0 answered; 1 the method answered with an error; 2 nobody answered, or too late; 64 the command \
            line is wrong. With --all, the worst of them all.
            """)

    @Argument(help: ArgumentHelp("The service, the method and its arguments.", valueName: "word"))
    var words: [String] = []

    @Option(help: ArgumentHelp("Call this instance of the service.", valueName: "name"))
    var instance: String?

    @Flag(
        help: """
            Call every instance that is ready or starting; print one line each: {instance, result} or {instance, error}.
            """)
    var all = false

    @Option(help: ArgumentHelp("Call whoever listens there, in the registry or not.", valueName: "url"))
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "How long the answer, or a stream's first item, may take; a registry that is away is waited for as long before.",
            valueName: "seconds"))
    var timeout: Double = 10

    @Flag(help: "The method is a stream: wait for its first item as long as it takes, and print one line an item.")
    var stream = false

    @OptionGroup var mesh: MeshOptions

    func validate() throws {
        let needed = endpoint == nil ? ["SERVICE", "METHOD"] : ["METHOD"]
        guard words.count >= needed.count else {
            throw ValidationError("\(needed[words.count]) is missing.")
        }
        guard [instance != nil, all, endpoint != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --instance, --all and --endpoint.")
        }
        guard !(all && stream) else { throw ValidationError("--all calls for one result each; leave --stream out.") }
        try validateTimeout(timeout)
    }

    func run() async throws {
        let settings = try mesh.start()
        let target: CallTarget
        var rest = words[...]
        if let endpoint {
            target = try CallTarget(endpoint: endpoint)
        } else {
            target = CallTarget(service: rest.removeFirst(), instance: instance)
        }
        let method = rest.removeFirst()
        let request = CallRequest(
            target.destination, method, arguments: Payload(try JSONArgument.payload(Array(rest))),
            options: CallOptions(timeout: .seconds(timeout)))
        try await withMesh(settings, usesRegistry: target.usesRegistry) { session in
            try await target.check(session, patience: .seconds(timeout))
            if all, let service = target.service {
                try await callAll(of: service, request, session)
            } else {
                try await callOne(target, request, session)
            }
        }
    }

    private func callOne(_ target: CallTarget, _ request: CallRequest, _ session: MeshSession) async throws {
        let limit = stream ? nil : Duration.seconds(timeout)
        do {
            try await answers(of: request, at: target.description, timeout: limit, session) { item in
                try StandardOutput.line(stream ? JSONText.compact(item) : JSONText.forReader(item))
            }
        } catch let error as MeshError {
            throw CommandFailure(error, calling: target)
        }
    }

    private func callAll(of service: String, _ request: CallRequest, _ session: MeshSession) async throws {
        // One that is starting, or has lost what it lives on, may be the one that the call is meant for.
        let called = try await session.require(service).map(\.record).filter { $0.state != .draining }
        guard !called.isEmpty else {
            throw CommandFailure(.unavailable, "every instance of \(service) is draining; see headframe services")
        }
        let worst = try await withThrowingTaskGroup(of: CommandFailure.Status.self) { group in
            for record in called {
                group.addTask(name: "call \(record.name)") { try await call(record.name, request, session) }
            }
            return try await group.reduce(CommandFailure.Status.success) { $0.rawValue > $1.rawValue ? $0 : $1 }
        }
        if worst != .success { throw CommandFailure(worst, "") }
    }

    /// Calls one of many and prints its line.
    private func call(
        _ name: InstanceName, _ request: CallRequest, _ session: MeshSession
    ) async throws -> CommandFailure.Status {
        let request = request.addressed(to: .instance(name))
        do {
            let result = try await firstAnswer(of: request, at: name.description, timeout: .seconds(timeout), session)
            try StandardOutput.line(
                JSONText.compact(.map(["instance": .string(name.instance), "result": result ?? .null])))
            return .success
        } catch let error as MeshError {
            let failure = CommandFailure(error)
            try StandardOutput.line(
                JSONText.compact(.map(["instance": .string(name.instance), "error": .string(failure.message)])))
            return failure.status
        }
    }
}

/// Refuses a time that no wait can be made of.
func validateTimeout(_ seconds: Double, _ option: String = "--timeout") throws {
    guard seconds > 0, seconds <= 86_400 else {
        throw ValidationError("\(option) is a number of seconds above 0, and at most 86400.")
    }
}
