internal import Redis

/// The registry's steps. Each is one script, so that nothing comes between reading and writing, and each counts in Redis' own
/// time, so that the clocks of the hosts do not matter.
enum RegistryScripts {
    /// How many entries the event stream keeps, about. Who lags further behind takes a snapshot.
    static let keptEvents = 4096
    /// How many expired members of the index one script removes, so that no call takes long.
    static let sweepLimit = 100
    /// How many instances a snapshot lists at most.
    static let snapshotLimit = 10_000

    private static let prelude = """
        local function now()
            local time = redis.call('TIME')
            return time[1] * 1000 + math.floor(time[2] / 1000)
        end
        -- An epoch as it is stored, or 0: what is no whole number that a double holds exactly was written by somebody else.
        local function epoch(text)
            local number = tonumber(text)
            -- One at the very end of that range was too: those that come after it have to fit in as well.
            if not number or number < 0 or number > 9006199254740000 or number ~= math.floor(number) then return 0 end
            return number
        end
        local function written(number) return string.format('%.0f', number) end
        local function tell(events, sequence, kind, ...)
            redis.call('XADD', events, 'MAXLEN', '~', \(keptEvents), '*', 'n', redis.call('INCR', sequence), 'kind', kind, ...)
        end
        local function sweep(index, time)
            local expired = redis.call('ZRANGEBYSCORE', index, '-inf', '(' .. written(time), 'LIMIT', 0, \(sweepLimit))
            if #expired > 0 then redis.call('ZREM', index, unpack(expired)) end
        end

        """

    /// KEYS: record, epochs. ARGV: service. Returns the epoch of a new life, as text.
    static let reserve = RedisScript(
        name: "reserve",
        source: prelude + """
            local listed = epoch(redis.call('HGET', KEYS[1], 'epoch'))
            local highest = epoch(redis.call('HGET', KEYS[2], ARGV[1]))
            local new = written(math.max(listed + 1, highest + 1, now()))
            redis.call('HSET', KEYS[2], ARGV[1], new)
            return new
            """)

    /// KEYS: record, index, events, epochs, sequence. ARGV: service, instance, epoch, nonce, time to live in milliseconds, then the
    /// fields that change without being worth an event (their number, names and values), then the other names and values.
    ///
    /// Returns '' when the record is listed, and the epoch that is listed instead when that is newer, or equal and another process'.
    static let announce = RedisScript(
        name: "announce",
        source: prelude + """
            local service, instance, mine, nonce, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
            local old = {}
            local stored = redis.call('HGETALL', KEYS[1])
            for i = 1, #stored, 2 do old[stored[i]] = stored[i + 1] end
            local listed = epoch(old['epoch'])
            -- This one was handed out by reserve: it counts even where it is the first beyond what is believed.
            local life, isListed = tonumber(mine), old['epoch'] == mine
            if listed > life then return written(listed) end
            if isListed and old['nonce'] ~= nonce then return mine end

            local quiet = 2 * tonumber(ARGV[6])
            local fields = {'epoch', mine, 'nonce', nonce, unpack(ARGV, 7)}
            local kind = not isListed and 'join' or nil
            for i = 1, #fields, 2 do
                local isQuiet = i > 4 and i <= 4 + quiet
                if not kind and not isQuiet and old[fields[i]] ~= fields[i + 1] then kind = 'update' end
            end
            local time = now()
            if kind == 'join' then redis.call('DEL', KEYS[1]) end
            redis.call('HSET', KEYS[1], 'heartbeat', written(time), unpack(fields))
            redis.call('PEXPIRE', KEYS[1], ttl)
            redis.call('ZADD', KEYS[2], written(time + ttl), service .. ':' .. instance)
            if epoch(redis.call('HGET', KEYS[4], service)) < life then redis.call('HSET', KEYS[4], service, mine) end
            if kind then tell(KEYS[3], KEYS[5], kind, 'service', service, 'instance', instance, unpack(fields)) end
            sweep(KEYS[2], time)
            return ''
            """)

    /// KEYS: record, index, events, sequence. ARGV: service, instance, epoch. Returns 1 when that life was listed until now.
    static let leave = RedisScript(
        name: "leave",
        source: prelude + """
            if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[3] then return 0 end
            redis.call('DEL', KEYS[1])
            redis.call('ZREM', KEYS[2], ARGV[1] .. ':' .. ARGV[2])
            tell(KEYS[3], KEYS[4], 'leave', 'service', ARGV[1], 'instance', ARGV[2], 'epoch', ARGV[3])
            return 1
            """)

    /// KEYS: index, events, sequence. ARGV: the prefix of the records' keys.
    ///
    /// Returns Redis' time in milliseconds, the identifier and the number of the last event, and for each instance that is listed
    /// its member of the index and its fields.
    static let snapshot = RedisScript(
        name: "snapshot",
        source: prelude + """
            local time = now()
            sweep(KEYS[1], time)
            local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
            local reply = {written(time), last[1] and last[1][1] or '0-0', redis.call('GET', KEYS[3]) or '0'}
            local members = redis.call('ZRANGEBYSCORE', KEYS[1], written(time), '+inf', 'LIMIT', 0, \(snapshotLimit))
            for _, member in ipairs(members) do
                local key = ARGV[1] .. member
                if redis.call('TYPE', key).ok == 'hash' then
                    reply[#reply + 1] = {member, redis.call('HGETALL', key)}
                end
            end
            return reply
            """)
}
