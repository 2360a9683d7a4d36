/// A command in the form in which it goes on the wire.
struct RedisCommand: Sendable {
    /// Its name, for messages; never its arguments, which may be secret.
    let name: String
    let encoded: [UInt8]

    /// Encodes a command after checking that it may travel on a connection that others share.
    init(_ arguments: [RedisArgument], limit: Int) throws(RedisError) {
        let name = try Self.checkedName(arguments)
        self.init(unchecked: arguments, name: name)
        guard encoded.count <= limit else {
            throw RedisError(
                code: .invalidCommand,
                message:
                    "\(name) was not sent: it has \(encoded.count) bytes, and the limit is \(limit); send less at once")
        }
    }

    /// Encodes a command of the client's own.
    init(unchecked arguments: [RedisArgument]) {
        self.init(unchecked: arguments, name: arguments.first?.text ?? "")
    }

    private init(unchecked arguments: [RedisArgument], name: String) {
        var output: [UInt8] = []
        output.reserveCapacity(16 + 24 * arguments.count)
        output.appendLine("*", arguments.count)
        for argument in arguments { argument.encode(into: &output) }
        self.name = name
        encoded = output
    }

    private static func checkedName(_ arguments: [RedisArgument]) throws(RedisError) -> String {
        guard let name = arguments.first?.text?.uppercased(), !name.isEmpty else {
            throw RedisError(
                code: .invalidCommand,
                message: "A command without a name was not sent; its first argument is its name as text")
        }
        let key = name == "CLIENT" ? "\(name) \(arguments.dropFirst().first?.text?.uppercased() ?? "")" : name
        if let instead = refused[key] {
            throw RedisError(
                code: .invalidCommand,
                message: "\(key) was not sent, because it would disturb a connection that is shared; \(instead)")
        }
        return name
    }

    /// Commands that change what the replies of a shared connection mean, and what to use instead.
    private static let refused: [String: String] = {
        let subscribe = "use RedisSubscription"
        let transaction = "use transaction(_:) or a RedisScript"
        let configuration = "say it in the RedisConfiguration"
        return [
            "SUBSCRIBE": subscribe, "PSUBSCRIBE": subscribe, "SSUBSCRIBE": subscribe, "UNSUBSCRIBE": subscribe,
            "PUNSUBSCRIBE": subscribe, "SUNSUBSCRIBE": subscribe,
            "MULTI": transaction, "EXEC": transaction, "DISCARD": transaction, "WATCH": transaction,
            "UNWATCH": transaction,
            "SELECT": configuration, "AUTH": configuration, "HELLO": "the client speaks RESP2",
            "CLIENT REPLY": "every command needs its reply", "MONITOR": "use redis-cli monitor",
            "SYNC": "this is no replica", "PSYNC": "this is no replica", "QUIT": "end the client instead",
            "RESET": "end the client instead",
        ]
    }()
}
