/// What a connection says before it is anybody's: who it is, which database, its name, and whether the server answers at all.
struct Greeting: Sendable {
    struct Step: Sendable {
        let name: String
        let replyCount: Int
        /// Whether an ACL that forbids the step is put up with.
        let isOptional: Bool
    }

    let encoded: [UInt8]
    let steps: [Step]
    /// Whether messages may come that answer no command.
    let isSubscriber: Bool

    /// The greeting of a configuration. A subscriber's goes on with its subscriptions.
    init(_ configuration: RedisConfiguration, channels: [String] = [], patterns: [String] = []) {
        var encoded: [UInt8] = []
        var steps: [Step] = []
        func say(_ arguments: [RedisArgument], replyCount: Int = 1, isOptional: Bool = false) {
            let command = RedisCommand(unchecked: arguments)
            encoded += command.encoded
            steps.append(Step(name: command.name, replyCount: replyCount, isOptional: isOptional))
        }
        let url = configuration.url
        if let password = url.password {
            say(
                url.user.map { ["AUTH", RedisArgument($0), RedisArgument(password)] } ?? [
                    "AUTH", RedisArgument(password),
                ])
        }
        if url.database != 0 { say(["SELECT", RedisArgument(url.database)]) }
        if !configuration.clientName.isEmpty {
            say(["CLIENT", "SETNAME", RedisArgument(Self.acceptableName(configuration.clientName))], isOptional: true)
        }
        // A server that is loading its data or has lost its master says so here.
        say(["PING"], isOptional: true)
        if !channels.isEmpty {
            say(["SUBSCRIBE"] + channels.map { RedisArgument($0) }, replyCount: channels.count)
        }
        if !patterns.isEmpty {
            say(["PSUBSCRIBE"] + patterns.map { RedisArgument($0) }, replyCount: patterns.count)
        }
        self.encoded = encoded
        self.steps = steps
        isSubscriber = !channels.isEmpty || !patterns.isEmpty
    }

    /// Redis takes printable ASCII without spaces.
    private static func acceptableName(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { (33...126).contains($0.value) ? $0 : "-" }))
    }
}

/// How far the greeting on a connection has come.
struct GreetingProgress {
    enum Outcome {
        case unfinished
        case finished
        case refused(String, step: String)
    }

    private var steps: ArraySlice<Greeting.Step>
    private var missingReplies: Int

    init(_ greeting: Greeting) {
        steps = greeting.steps[...]
        missingReplies = steps.first?.replyCount ?? 0
    }

    mutating func take(_ reply: RedisValue) -> Outcome {
        guard let step = steps.first else { return .finished }
        if let text = reply.errorText, !(step.isOptional && text.hasPrefix("NOPERM")) {
            return .refused(text, step: step.name)
        }
        missingReplies -= 1
        if missingReplies == 0 {
            steps.removeFirst()
            missingReplies = steps.first?.replyCount ?? 0
        }
        return steps.isEmpty ? .finished : .unfinished
    }
}
