extension RedisClient {
    /// Sends one command and waits for its reply.
    ///
    /// - Parameters:
    ///   - arguments: The command's name and its arguments.
    ///   - deadline: How long to wait for the answer; the configuration's `commandDeadline` unless given.
    ///   - whenDisconnected: What to do while there is no connection.
    /// - Throws: ``RedisError``. Its code says whether the command may have been applied; a reply that is an error is thrown as
    ///   `.server(prefix:)`.
    public func send(
        _ arguments: [RedisArgument], deadline: Duration? = nil, whenDisconnected: WhenDisconnected = .fail
    ) async throws(RedisError) -> RedisValue {
        let command = try RedisCommand(arguments, limit: configuration.limits.commandBytes)
        return try await connection.perform(
            command.name, command.encoded, replyCount: 1, deadline: deadline ?? configuration.commandDeadline,
            waits: whenDisconnected == .wait)
    }

    /// Sends several commands in one piece and waits for all their replies. They are not atomic: see ``transaction(_:deadline:whenDisconnected:)``.
    ///
    /// - Returns: One reply for each command; one that failed has `.error` in its place.
    public func pipeline(
        _ commands: [[RedisArgument]], deadline: Duration? = nil, whenDisconnected: WhenDisconnected = .fail
    ) async throws(RedisError) -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        let encoded = try encode(commands, named: "a pipeline of \(commands.count) commands")
        let reply = try await connection.perform(
            "a pipeline of \(commands.count) commands", encoded, replyCount: commands.count,
            deadline: deadline ?? configuration.commandDeadline, waits: whenDisconnected == .wait)
        return commands.count == 1 ? [reply] : reply.array ?? []
    }

    /// Runs commands as one MULTI/EXEC, which goes out in one piece, so that nothing of others comes between.
    ///
    /// - Returns: One reply for each command. A command that fails when it is run leaves the others applied (Redis does not
    ///   roll back), and has `.error` in its place.
    /// - Throws: ``RedisError``; with `.server(prefix:)` when a command was refused while it was queued: then none was applied.
    public func transaction(
        _ commands: [[RedisArgument]], deadline: Duration? = nil, whenDisconnected: WhenDisconnected = .fail
    ) async throws(RedisError) -> [RedisValue] {
        let name = "a transaction of \(commands.count) commands"
        let encoded =
            RedisCommand(unchecked: ["MULTI"]).encoded + (try encode(commands, named: name))
            + RedisCommand(unchecked: ["EXEC"]).encoded
        let reply = try await connection.perform(
            name, encoded, replyCount: commands.count + 2, deadline: deadline ?? configuration.commandDeadline,
            waits: whenDisconnected == .wait)
        guard let replies = reply.array, let outcome = replies.last else { throw .unexpected(reply, to: name) }
        if let results = outcome.array { return results }
        // EXEC says only that something was wrong; the reply to the command that was refused says what.
        let refusal = replies.lazy.compactMap(\.errorText).first
        guard let refusal else { throw .unexpected(outcome, to: name) }
        throw .reply(refusal, to: name)
    }

    private func encode(_ commands: [[RedisArgument]], named name: String) throws(RedisError) -> [UInt8] {
        let limit = configuration.limits.commandBytes
        var encoded: [UInt8] = []
        for arguments in commands { encoded += try RedisCommand(arguments, limit: limit).encoded }
        guard encoded.count <= limit else {
            throw RedisError(
                code: .invalidCommand,
                message:
                    "\(name) was not sent: it has \(encoded.count) bytes, and the limit is \(limit); send less at once")
        }
        return encoded
    }
}

extension RedisError {
    /// A reply of another form than the command's documentation promises.
    static func unexpected(_ reply: RedisValue, to command: String) -> RedisError {
        RedisError(
            code: .unexpectedReply,
            message:
                "Redis answered \(command) with something else than expected: \(String(describing: reply).prefix(200))")
    }
}
