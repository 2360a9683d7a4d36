internal import Foundation
internal import Mining
internal import Redis

/// Keeps blocks in the Redis of the shared state; keys and fields as `docs/PROTOCOL.md` has them.
struct RedisBlockLedger: BlockLedger {
    let redis: RedisClient
    let namespace: String

    func record(_ outcome: BlockOutcome) async throws {
        let reasons = String(decoding: try JSONEncoder().encode(outcome.reasons), as: UTF8.self)
        _ = try await redis.run(
            BlockScripts.record, keys: [block(outcome.hash), key("blocks"), key("blocks:open")],
            arguments: [
                RedisArgument(outcome.hash), RedisArgument(outcome.height), RedisArgument(outcome.jobID),
                RedisArgument(outcome.outcome.rawValue), RedisArgument(reasons), RedisArgument(outcome.value),
                RedisArgument("\(outcome.networkDifficulty)"),
            ])
    }

    func open() async throws -> [OpenBlock] {
        let reply = try await redis.run(BlockScripts.open, keys: [key("blocks:open")], arguments: [key("block:")])
        return (reply.array ?? []).compactMap { entry in
            guard let fields = entry.array, fields.count == 4, let hash = fields[0].string,
                let height = fields[1].integer, let outcome = fields[2].string.flatMap(BlockVerdict.Outcome.init)
            else { return nil }
            return OpenBlock(
                hash: hash, height: Int(height), outcome: outcome, confirmations: fields[3].integer.map { Int($0) })
        }
    }

    func follow(_ update: BlockUpdate) async throws -> BlockVerdict.Outcome? {
        let reply = try await redis.run(
            BlockScripts.follow, keys: [block(update.hash), key("blocks:open")],
            arguments: [
                RedisArgument(update.hash), RedisArgument(update.outcome.rawValue),
                RedisArgument(update.confirmations.map { "\($0)" } ?? ""), RedisArgument(update.end?.rawValue ?? ""),
            ])
        return reply.string.flatMap(BlockVerdict.Outcome.init)
    }

    private func key(_ name: String) -> RedisArgument { RedisArgument("{\(namespace)}:\(name)") }
    private func block(_ hash: String) -> RedisArgument { key("block:\(hash)") }
}
