internal import Redis

/// How a batch of shares is counted: one script, which takes the batch only where the source's cursor stands at its beginning. The keys and
/// fields are described in `docs/PROTOCOL.md`.
///
/// All weights are whole numbers, kept as decimal text and added exactly, however large they grow. Lua counts in doubles, which are exact up
/// to 2^53 alone, so a number is a pair here: how often it has 10^15, and what is left. `HINCRBY` would be exact up to 2^63, and fail in
/// the middle of a script beyond.
enum BatchScript {
    /// How long totals of minutes last, in milliseconds.
    static let totalsMilliseconds = 24 * 3_600_000
    /// How many minutes are listed.
    static let minutes = 1440
    /// How many fields a minute has before new workers are counted together as `*`.
    static let fieldsOfMinute = 50_000
    /// How long the cursor of a source lasts that sends nothing.
    static let cursorMilliseconds = 365 * 86_400_000
    /// How long a round lasts that gets no share, and how long the last share of a worker is known.
    static let roundMilliseconds = 30 * 86_400_000
    /// How long the window of PPLNS lasts that gets no share; each of its minutes lasts longer than that and the window together.
    static let windowMilliseconds = 30 * 86_400_000
    static let minuteOfWindowMilliseconds = 40 * 86_400_000
    /// The most minutes that leave the window in one batch; further ones leave with the next.
    static let leavingMinutes = 8
    /// How many blocks have a round of their own; the rounds of lower ones are forgotten.
    static let listedBlocks = 10_000
    /// How long a job is remembered after its last counted share; its hashes are forgotten earlier.
    static let jobMilliseconds = 30 * 86_400_000
    /// How old the stamp of a share may be: an hour less than a job is remembered, in which clocks may differ.
    static let stampMilliseconds = jobMilliseconds - 3_600_000
    /// How far ahead of Redis' clock the totals, the window and the last share of a worker go. The stamp of a server whose clock is
    /// ahead by more counts there as that, or the window would wait for the time to come.
    static let aheadMilliseconds = 5 * 60_000
    /// How many shares that came too late are listed.
    static let listedLate = 100_000
    /// How many workers have a last share.
    static let listedWorkers = 100_000

    /// Exact sums, and commands with more arguments than Lua unpacks at once.
    static let prelude = """
        local position = 0
        local function take()
            position = position + 1
            return ARGV[position]
        end
        -- A weight in two numbers: how often it has 10^15, and what is left.
        local function weightOf(text)
            if not text then return 0, 0 end
            if #text <= 15 then return 0, tonumber(text) end
            return tonumber(string.sub(text, 1, -16)), tonumber(string.sub(text, -15))
        end
        local function textOf(high, low)
            if high > 0 then return string.format('%.0f%015.0f', high, low) end
            return string.format('%.0f', low)
        end
        local function sum(high, low, moreHigh, moreLow)
            high, low = high + moreHigh, low + moreLow
            if low >= 1e15 then return high + 1, low - 1e15 end
            return high, low
        end
        local function difference(high, low, lessHigh, lessLow)
            high, low = high - lessHigh, low - lessLow
            if low < 0 then return high - 1, low + 1e15 end
            return high, low
        end
        -- Lua unpacks less than 8000 at once; what each piece answers goes to `deal`, with its first index.
        local function inPieces(command, key, list, deal)
            for first = 1, #list, 6000 do deal(redis.call(command, key, unpack(list, first, math.min(first + 5999, #list))), first) end
        end
        local function isBelow(high, low, otherHigh, otherLow) return high < otherHigh or (high == otherHigh and low < otherLow) end
        local function fields(key, names)
            local values = {}
            inPieces('HMGET', key, names, function(part, first)
                for i = 1, #part do values[first + i - 1] = part[i] end
            end)
            return values
        end
        local function ignore() end
        local function addWeights(key, workers, highs, lows)
            local old, new = fields(key, workers), {}
            for i, worker in ipairs(workers) do
                local high, low = weightOf(old[i])
                new[2 * i - 1], new[2 * i] = worker, textOf(sum(high, low, highs[i], lows[i]))
            end
            inPieces('HSET', key, new, ignore)
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)

        -- How a block stands in the list of blocks; nil for one that does not.
        local function listedBlock(list, height, hash)
            for _, mark in ipairs(redis.call('ZRANGEBYSCORE', list, height, height)) do
                if string.match(mark, ':(.*)') == hash then return mark end
            end
        end
        local function trimBlocks(prefix)
            local list = prefix .. 'rounds:blocks'
            local excess = redis.call('ZCARD', list) - \(listedBlocks)
            if excess > 0 then
                redis.call('DEL', prefix .. 'rounds:after:start')
                for _, block in ipairs(redis.call('ZRANGE', list, 0, excess - 1)) do
                    redis.call('DEL', prefix .. 'rounds:after:' .. string.match(block, ':(.*)'))
                    redis.call('ZREM', list, block)
                end
            end
            redis.call('PEXPIRE', list, \(roundMilliseconds))
        end

        """

    /// The script.
    ///
    /// No KEYS, because which there are depends on the content; they all begin with the prefix, which has the hash tag that keeps them on
    /// one node of a cluster. Returns `{1, shares counted, shares known before, shares that came too late}`, or `{0, cursor}` where the cursor is another one.
    static let script = RedisScript(
        name: "count shares",
        source: prelude + """
            local prefix, origin, after, upTo, seenLife = take(), take(), take(), take(), take()
            local windowHigh, windowLow = weightOf(take())
            local windowMinutes = tonumber(take())
            local cursorKey = prefix .. 'shares:cursor:' .. origin
            local cursor = redis.call('GET', cursorKey) or '0'
            if cursor ~= after then return {0, cursor} end

            local workers = {}
            for i = 1, tonumber(take()) do workers[i] = take() end

            -- What is new, by minute and worker, and by the minutes of each height.
            -- A job whose hashes were forgotten takes no more: whether its shares were counted, nobody can tell.
            local counted, known, late, isCopy = 0, 0, {}, {}
            local minutes, heights, lasts = {}, {}, {}
            local jobs = prefix .. 'shares:jobs'
            local lastStamp = now + \(aheadMilliseconds)
            local lastMinute = math.floor(lastStamp / 60000)
            for _ = 1, tonumber(take()) do
                local job, height, minute, shares = take(), take(), take(), take()
                local seen, hashes = prefix .. 'shares:seen:' .. job, {}
                for first = 1, #shares, 49 do hashes[#hashes + 1] = string.sub(shares, first, first + 31) end
                -- Its hashes last longer from here on, if there are any.
                local isThere = redis.call('PEXPIRE', seen, seenLife) == 1
                local isForgotten = tonumber(minute) * 60000 < now - \(stampMilliseconds)
                    or (not isThere and redis.call('ZSCORE', jobs, job))
                local isKnown, new = {}, {}
                inPieces('SMISMEMBER', seen, hashes, function(part, first)
                    for i = 1, #part do if part[i] == 1 then isKnown[hashes[first + i - 1]] = true end end
                end)
                local counting = tonumber(minute) > lastMinute and textOf(0, lastMinute) or minute
                local cells = minutes[counting] or {}
                minutes[counting] = cells
                local detail = height .. ':' .. minute
                local pieces = heights[detail] or {}
                heights[detail] = pieces
                for i, hash in ipairs(hashes) do
                    local at = 49 * i - 16
                    local stamp, high, low, worker = struct.unpack('>I6I2I7I2', shares, at)
                    if isKnown[hash] then
                        known = known + 1
                        isCopy[hash] = true
                    elseif isForgotten then
                        isKnown[hash], isCopy[hash] = true, true
                        late[#late + 1] = cjson.encode({
                            source = origin, worker = workers[worker + 1], job = job, height = tonumber(height), time = stamp,
                            weight = textOf(high, low),
                            hash = string.gsub(hash, '.', function(byte) return string.format('%02x', string.byte(byte)) end),
                        })
                    else
                        isKnown[hash] = true
                        new[#new + 1] = hash
                        local cell = cells[worker]
                        if not cell then
                            cell = {0, 0, 0}
                            cells[worker] = cell
                        end
                        cell[1] = cell[1] + 1
                        cell[2], cell[3] = sum(cell[2], cell[3], high, low)
                        local piece = pieces[worker]
                        if not piece then
                            piece = {}
                            pieces[worker] = piece
                        end
                        piece[#piece + 1] = string.sub(shares, at, at + 14)
                        lasts[worker] = math.max(lasts[worker] or 0, math.min(stamp, lastStamp))
                    end
                end
                if #new > 0 then
                    counted = counted + #new
                    inPieces('SADD', seen, new, ignore)
                    if not isThere then redis.call('PEXPIRE', seen, seenLife) end
                    redis.call('ZADD', jobs, textOf(0, now), job)
                end
            end
            redis.call('ZREMRANGEBYSCORE', jobs, '-inf', textOf(0, now - \(jobMilliseconds)))

            -- The totals of minutes, and the window of PPLNS.
            local window = prefix .. 'pplns'
            local totalHigh, totalLow = weightOf(redis.call('GET', window .. ':total'))
            local oldest = tonumber(redis.call('ZRANGE', window .. ':minutes', 0, 0)[1])
            local newest = tonumber(redis.call('ZRANGE', window .. ':minutes', -1, -1)[1])
            local hasMinutes = false
            for minute, cells in pairs(minutes) do
                local names, numbers = {}, {}
                for worker, cell in pairs(cells) do
                    local name = workers[worker + 1] .. '|accepted|'
                    names[#names + 1], names[#names + 2] = name .. 'count', name .. 'weight'
                    numbers[#numbers + 1] = worker
                end
                if #names > 0 then
                    local key = prefix .. 'shares:' .. minute
                    local isFull = redis.call('HLEN', key) >= \(fieldsOfMinute)
                    local old, others, new = fields(key, names), {0, 0, 0}, {}
                    local members, highs, lows = {}, {}, {}
                    local minuteHigh, minuteLow = 0, 0
                    for i, worker in ipairs(numbers) do
                        local cell = cells[worker]
                        minuteHigh, minuteLow = sum(minuteHigh, minuteLow, cell[2], cell[3])
                        if isFull and not old[2 * i - 1] then
                            others[1] = others[1] + cell[1]
                            others[2], others[3] = sum(others[2], others[3], cell[2], cell[3])
                        else
                            local high, low = weightOf(old[2 * i])
                            new[#new + 1], new[#new + 2] = names[2 * i - 1], textOf(0, (tonumber(old[2 * i - 1]) or 0) + cell[1])
                            new[#new + 1], new[#new + 2] = names[2 * i], textOf(sum(high, low, cell[2], cell[3]))
                            members[#members + 1], highs[#highs + 1], lows[#lows + 1] = workers[worker + 1], cell[2], cell[3]
                        end
                    end
                    if others[1] > 0 then
                        local count, weight = unpack(redis.call('HMGET', key, '*|accepted|count', '*|accepted|weight'))
                        local high, low = weightOf(weight)
                        new[#new + 1], new[#new + 2] = '*|accepted|count', textOf(0, (tonumber(count) or 0) + others[1])
                        new[#new + 1], new[#new + 2] = '*|accepted|weight', textOf(sum(high, low, others[2], others[3]))
                        members[#members + 1], highs[#highs + 1], lows[#lows + 1] = '*', others[2], others[3]
                    end
                    inPieces('HSET', key, new, ignore)
                    redis.call('PEXPIRE', key, \(totalsMilliseconds))
                    redis.call('ZADD', prefix .. 'shares', minute, minute)

                    local minuteNumber = tonumber(minute)
                    local isInWindow = not oldest or minuteNumber >= oldest or isBelow(totalHigh, totalLow, windowHigh, windowLow)
                    if isInWindow and (not newest or minuteNumber > newest - windowMinutes) then
                        addWeights(window, members, highs, lows)
                        addWeights(window .. ':minute:' .. minute, members, highs, lows)
                        addWeights(window .. ':weights', {minute}, {minuteHigh}, {minuteLow})
                        redis.call('PEXPIRE', window .. ':minute:' .. minute, \(minuteOfWindowMilliseconds))
                        redis.call('ZADD', window .. ':minutes', minute, minute)
                        totalHigh, totalLow = sum(totalHigh, totalLow, minuteHigh, minuteLow)
                        if not oldest or minuteNumber < oldest then oldest = minuteNumber end
                        if not newest or minuteNumber > newest then newest = minuteNumber end
                    end
                    hasMinutes = true
                end
            end
            if hasMinutes then
                redis.call('ZREMRANGEBYRANK', prefix .. 'shares', 0, -\(minutes + 1))
                for _ = 1, \(leavingMinutes) do
                    local first = redis.call('ZRANGE', window .. ':minutes', 0, 0)[1]
                    if not first or tonumber(first) == newest then break end
                    local high, low = difference(totalHigh, totalLow, weightOf(redis.call('HGET', window .. ':weights', first)))
                    if tonumber(first) > newest - windowMinutes and isBelow(high, low, windowHigh, windowLow) then break end
                    local leaving, names, weights = redis.call('HGETALL', window .. ':minute:' .. first), {}, {}
                    for i = 1, #leaving, 2 do names[#names + 1], weights[#weights + 1] = leaving[i], leaving[i + 1] end
                    local old, new, gone = fields(window, names), {}, {}
                    for i, name in ipairs(names) do
                        local high, low = weightOf(old[i])
                        local rest = textOf(difference(high, low, weightOf(weights[i])))
                        if rest == '0' then gone[#gone + 1] = name else new[#new + 1], new[#new + 2] = name, rest end
                    end
                    inPieces('HSET', window, new, ignore)
                    inPieces('HDEL', window, gone, ignore)
                    redis.call('DEL', window .. ':minute:' .. first)
                    redis.call('HDEL', window .. ':weights', first)
                    redis.call('ZREM', window .. ':minutes', first)
                    totalHigh, totalLow = high, low
                end
                redis.call('SET', window .. ':total', textOf(totalHigh, totalLow), 'PX', \(windowMilliseconds))
                for _, part in ipairs({'', ':weights', ':minutes'}) do redis.call('PEXPIRE', window .. part, \(windowMilliseconds)) end
            end

            -- What rounds are made of: every share with its time, by worker, until it is folded.
            for detail, pieces in pairs(heights) do
                local names, parts = {}, {}
                for worker, piece in pairs(pieces) do names[#names + 1], parts[#parts + 1] = workers[worker + 1], table.concat(piece) end
                if #names > 0 then
                    local key = prefix .. 'rounds:detail:' .. detail
                    local old, new = fields(key, names), {}
                    for i, name in ipairs(names) do new[2 * i - 1], new[2 * i] = name, (old[i] or '') .. parts[i] end
                    inPieces('HSET', key, new, ignore)
                    redis.call('PEXPIRE', key, \(roundMilliseconds))
                    redis.call('ZADD', prefix .. 'rounds:detail', textOf(0, now), detail)
                end
            end
            local last = {}
            for worker, stamp in pairs(lasts) do last[#last + 1], last[#last + 2] = textOf(0, stamp), workers[worker + 1] end
            if #last > 0 then
                local key = prefix .. 'shares:workers'
                for first = 1, #last, 4000 do redis.call('ZADD', key, 'GT', unpack(last, first, math.min(first + 3999, #last))) end
                redis.call('ZREMRANGEBYSCORE', key, '-inf', textOf(0, now - \(roundMilliseconds)))
                redis.call('ZREMRANGEBYRANK', key, 0, -\(listedWorkers + 1))
            end

            -- A block stands where its counted share does; what was known of it before, and copies of the share, are less exact.
            local blocks, list = tonumber(take()), prefix .. 'rounds:blocks'
            for _ = 1, blocks do
                local height, hash, mark = take(), take(), take()
                local listed = listedBlock(list, height, string.match(mark, ':(.*)'))
                if listed and not isCopy[hash] then
                    redis.call('ZREM', list, listed)
                    listed = nil
                end
                if not listed then redis.call('ZADD', list, height, mark) end
            end
            if blocks > 0 then trimBlocks(prefix) end

            if #late > 0 then
                local key = prefix .. 'shares:late'
                inPieces('LPUSH', key, late, ignore)
                redis.call('LTRIM', key, 0, \(listedLate - 1))
                redis.call('PEXPIRE', key, \(roundMilliseconds))
            end
            redis.call('SET', cursorKey, upTo, 'PX', \(cursorMilliseconds))
            return {1, counted, known, #late}
            """)
}
