internal import MessagePack
internal import Mining
internal import Redis

/// Keeps jobs in the Redis of the shared state, as MessagePack under `{namespace}:job:<id>`, until they expire.
struct RedisJobStore: JobStore {
    let redis: RedisClient
    let namespace: String
    let expiry: Duration

    func store(_ job: Job) async throws {
        let bytes = try MessagePackEncoder().encode(job)
        let milliseconds = expiry.components.seconds * 1000
        _ = try await redis.send(["SET", key(job.id), RedisArgument(bytes), "PX", RedisArgument(milliseconds)])
    }

    func load(_ id: String) async throws -> Job? {
        guard let bytes = try await redis.send(["GET", key(id)]).bytes else { return nil }
        return try MessagePackDecoder().decode(Job.self, from: bytes)
    }

    private func key(_ id: String) -> RedisArgument { RedisArgument("{\(namespace)}:job:\(id)") }
}
