internal import Redis

/// How blocks are written to the shared state: each step is one script, so that several jobmanagers do each other no harm. The fields
/// and keys are described in `docs/PROTOCOL.md`.
enum BlockScripts {
    /// How many blocks are listed.
    static let listedBlocks = 10_000
    /// How many blocks are followed.
    static let openBlocks = 1_000
    /// How long a block is kept after its last change, in milliseconds: 30 days.
    static let expiryMilliseconds = 30 * 86_400_000

    private static let prelude = """
        local function now()
            local time = redis.call('TIME')
            return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
        end
        local function list(index, height, hash, bound)
            redis.call('ZADD', index, height, hash)
            redis.call('ZREMRANGEBYRANK', index, 0, -(bound + 1))
        end

        """

    /// KEYS: block, blocks, open. ARGV: hash, height, job, outcome, reasons (JSON), value, network difficulty.
    static let record = RedisScript(
        name: "record block",
        source: prelude + """
            local rank = {undecided = 1, rejected = 2, orphaned = 3, accepted = 4}
            local hash, height, outcome, time = ARGV[1], ARGV[2], ARGV[4], now()
            local old = redis.call('HMGET', KEYS[1], 'outcome', 'reasons', 'confirmations', 'mature')
            -- What the chain itself has said counts more than what was said at the door.
            if old[3] or (rank[old[1]] or 0) > (rank[outcome] or 0) then outcome = old[1] end
            local known, reasons = pcall(cjson.decode, old[2] or '{}')
            if not known or type(reasons) ~= 'table' then reasons = {} end
            for daemon, words in pairs(cjson.decode(ARGV[5])) do reasons[daemon] = words end
            redis.call('HSET', KEYS[1], 'hash', hash, 'height', height, 'job', ARGV[3], 'outcome', outcome or 'undecided',
                'reasons', cjson.encode(reasons), 'value', ARGV[6], 'network', ARGV[7], 'updated', time)
            redis.call('HSETNX', KEYS[1], 'found', time)
            redis.call('PEXPIRE', KEYS[1], \(expiryMilliseconds))
            list(KEYS[2], height, hash, \(listedBlocks))
            if outcome == 'rejected' then
                redis.call('ZREM', KEYS[3], hash)
            elseif not old[4] then
                list(KEYS[3], height, hash, \(openBlocks))
            end
            return outcome
            """)

    /// KEYS: block, open. ARGV: hash, outcome, confirmations ('' for unknown), end ('', 'mature', 'gone').
    ///
    /// Returns the outcome before; nil when there is no such block or it is mature.
    static let follow = RedisScript(
        name: "follow block",
        source: prelude + """
            local hash, outcome, confirmations, ending = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
            if ending ~= '' then redis.call('ZREM', KEYS[2], hash) end
            local old = redis.call('HMGET', KEYS[1], 'outcome', 'mature')
            if not old[1] then redis.call('ZREM', KEYS[2], hash) return false end
            if old[2] then return false end
            redis.call('HSET', KEYS[1], 'outcome', outcome, 'updated', now())
            if confirmations ~= '' then redis.call('HSET', KEYS[1], 'confirmations', confirmations) end
            if ending == 'mature' then redis.call('HSET', KEYS[1], 'mature', '1') end
            redis.call('PEXPIRE', KEYS[1], \(expiryMilliseconds))
            return old[1]
            """)

    /// KEYS: open. ARGV: the prefix of the blocks' keys. Returns for each hash its height, outcome and confirmations ('' for none).
    static let open = RedisScript(
        name: "open blocks",
        source: """
            local reply = {}
            for _, hash in ipairs(redis.call('ZRANGE', KEYS[1], 0, \(openBlocks - 1))) do
                local block = redis.call('HMGET', ARGV[1] .. hash, 'height', 'outcome', 'confirmations')
                if block[1] and block[2] then
                    reply[#reply + 1] = {hash, block[1], block[2], block[3] or ''}
                else
                    redis.call('ZREM', KEYS[1], hash)
                end
            end
            return reply
            """)
}
