public import Mesh
internal import Redis

extension RedisRegistry {
    /// Follows the list until cancelled: first a snapshot, then changes, with a new snapshot after every gap.
    ///
    /// It has a connection of its own for each caller. Losing Redis ends nothing: the consumer hears `unreachable`, and later
    /// `reachable` with a snapshot.
    public func watch(_ receive: @escaping @Sendable (RegistryEvent) -> Void) async throws {
        let client = RedisClient(
            configuration: configuration.redis, addressSource: addressSource, loop: loop, logger: logger)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "registry watch connection") { await client.run() }
            await follow(client, receive)
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    private func follow(_ client: RedisClient, _ receive: (RegistryEvent) -> Void) async {
        var follower = RegistryFollower()
        while !Task.isCancelled {
            do throws(RedisError) {
                let snapshot = try await snapshot(client)
                act(follower.took(snapshot, now: .now), receive)
                let reader = RedisStreamReader(client: client, after: [keys.events: snapshot.lastEvent])
                var events = reader.makeAsyncIterator()
                while !follower.needsSnapshot, let event = try await events.next() {
                    act(follower.heard(event, now: .now), receive)
                }
            } catch {
                guard !Task.isCancelled else { return }
                act(follower.failed(error.message), receive)
                await pause(after: error)
            }
        }
    }

    private func snapshot(_ client: RedisClient) async throws(RedisError) -> RegistrySnapshot {
        let reply = try await client.run(
            RegistryScripts.snapshot, keys: [keys.index, RedisArgument(keys.events), keys.sequence],
            arguments: [RedisArgument(keys.recordPrefix)], deadline: .seconds(2), whenDisconnected: .wait)
        guard let snapshot = RegistrySnapshot(reply) else {
            throw RedisError(code: .unexpectedReply, message: RedisRegistryError.unexpected(reply).message)
        }
        return snapshot
    }

    private func act(_ actions: [RegistryFollower.Action], _ receive: (RegistryEvent) -> Void) {
        for action in actions {
            switch action {
            case .tell(let event): receive(event)
            case .skipped(let what, let problem): skip(what, problem)
            }
        }
    }

    /// A wait without a connection has taken its time already; a refusal has not.
    private func pause(after error: RedisError) async {
        guard error.code != .notConnected else { return }
        // Cancellation ends the pause early, and then the loop.
        try? await Task.sleep(for: .milliseconds(.random(in: 250...750)))
    }
}
