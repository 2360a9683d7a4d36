internal import Redis

/// How what rounds are made of becomes sums: once nothing has come to a minute of a height for a while, its shares are added up for each
/// worker, after the block that they come after. The keys and fields are described in `docs/PROTOCOL.md`.
///
/// Any reporter may run it at any time: each run is one step, which moves what it adds.
enum FoldScript {
    /// The script. ARGV: the prefix, how long nothing may have come (milliseconds), the most workers in this run.
    ///
    /// Returns how many workers' shares were added up; 0 when there is nothing that is old enough.
    static let script = RedisScript(
        name: "fold rounds",
        source: BatchScript.prelude + """
            local prefix, age, limit = take(), tonumber(take()), tonumber(take())
            local detail, lastAdded = unpack(redis.call('ZRANGE', prefix .. 'rounds:detail', 0, 0, 'WITHSCORES'))
            if not detail or now - tonumber(lastAdded) < age then return 0 end
            local height = string.match(detail, '^%d+')
            local key, list = prefix .. 'rounds:detail:' .. detail, prefix .. 'rounds:blocks'

            -- The last block below this height, then those at it in the order of their times.
            local below = redis.call('ZREVRANGEBYSCORE', list, '(' .. height, '-inf', 'LIMIT', 0, 1)[1]
            local marks = {{-1, below and string.match(below, ':(.*)') or 'start'}}
            for _, block in ipairs(redis.call('ZRANGEBYSCORE', list, height, height)) do
                local stamp, hash = string.match(block, '^(%d+):(.*)')
                marks[#marks + 1] = {tonumber(stamp), hash}
            end

            local cursor, entries = '0', {}
            repeat
                cursor, entries = unpack(redis.call('HSCAN', key, cursor, 'COUNT', limit))
            until #entries > 0 or cursor == '0'
            local sums, names, added = {}, {}, {}
            for i = 1, #entries, 2 do
                local worker, shares = entries[i], entries[i + 1]
                -- A scan may tell of a field twice.
                if added[worker] then shares = '' else names[#names + 1] = worker end
                added[worker] = true
                for first = 1, #shares, 15 do
                    local stamp, high, low = struct.unpack('>I6I2I7', shares, first)
                    local mark = #marks
                    while mark > 1 and stamp <= marks[mark][1] do mark = mark - 1 end
                    local hash = marks[mark][2]
                    local workers = sums[hash] or {}
                    sums[hash] = workers
                    local old = workers[worker] or {0, 0}
                    workers[worker] = {sum(old[1], old[2], high, low)}
                end
            end
            for hash, workers in pairs(sums) do
                local members, highs, lows = {}, {}, {}
                for worker, weight in pairs(workers) do
                    members[#members + 1], highs[#highs + 1], lows[#lows + 1] = worker, weight[1], weight[2]
                end
                addWeights(prefix .. 'rounds:after:' .. hash, members, highs, lows)
                redis.call('PEXPIRE', prefix .. 'rounds:after:' .. hash, \(BatchScript.roundMilliseconds))
            end
            inPieces('HDEL', key, names, ignore)
            if redis.call('EXISTS', key) == 0 then redis.call('ZREM', prefix .. 'rounds:detail', detail) end
            redis.call('INCR', prefix .. 'rounds:folds')
            redis.call('PEXPIRE', prefix .. 'rounds:folds', \(BatchScript.roundMilliseconds))
            return math.max(#names, 1)
            """)
}
