internal import DurableQueue
internal import FoundationEssentials
internal import Redis

/// The effect of an entry: one is added to its count, in a script that takes each sequence of an origin once.
struct Effects: Sendable {
    private static let script = RedisScript(
        name: "effects",
        source: """
            local epochs, cursors, effects, runs = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
            local origin, number, owner = ARGV[1], tonumber(ARGV[2]), ARGV[3]
            local known = redis.call('HGET', epochs, origin) or '0 '
            local space = string.find(known, ' ', 1, true)
            local knownNumber, knownOwner = tonumber(string.sub(known, 1, space - 1)), string.sub(known, space + 1)
            if number < knownNumber or number == knownNumber and owner < knownOwner then
                return redis.error_reply('FENCED a later owner has run entries of ' .. origin)
            end
            redis.call('HSET', epochs, origin, ARGV[2] .. ' ' .. owner)
            local cursor = tonumber(redis.call('HGET', cursors, origin) or '0')
            for index = 4, #ARGV, 2 do
                local sequence, id = tonumber(ARGV[index]), ARGV[index + 1]
                redis.call('HINCRBY', runs, id, 1)
                if sequence > cursor then
                    redis.call('HINCRBY', effects, id, 1)
                    cursor = sequence
                end
            end
            redis.call('HSET', cursors, origin, string.format('%.0f', cursor))
            return 1
            """)

    let redis: RedisClient
    /// What the keys begin with.
    let prefix: String

    /// Has the effect of entries, those of an origin in their order, unless a later owner of the origin has run any.
    func apply(_ deliveries: [Delivery]) async throws {
        for (origin, group) in Dictionary(grouping: deliveries, by: \.identity.origin) {
            var arguments: [RedisArgument] = [
                RedisArgument(origin.uuidString), RedisArgument("\(group[0].epoch?.number ?? 0)"),
                RedisArgument(group[0].epoch?.owner.name ?? ""),
            ]
            for delivery in group.sorted(by: { $0.identity < $1.identity }) {
                arguments.append(RedisArgument("\(delivery.identity.sequence)"))
                arguments.append(RedisArgument(delivery.header.id.text))
            }
            _ = try await redis.run(
                Self.script, keys: ["epochs", "cursors", "effects", "runs"].map { RedisArgument(prefix + $0) },
                arguments: arguments, deadline: .seconds(5))
        }
    }
}
