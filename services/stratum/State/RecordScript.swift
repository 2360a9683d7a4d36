internal import Redis

/// How a batch is written to the shared state: one script, in Redis' time. The keys and fields are described in `docs/PROTOCOL.md`.
enum RecordScript {
    /// How long a server's load lasts, in milliseconds.
    static let loadMilliseconds = 15_000
    /// How long a connection lasts that is not renewed.
    static let connectionMilliseconds = 90_000
    /// How long totals last.
    static let totalsMilliseconds = 24 * 3_600_000
    /// How many minutes are listed.
    static let minutes = 1440
    /// How far ahead of Redis' clock a minute may be; totals of a server whose clock is ahead by more go there.
    static let aheadMilliseconds = 5 * 60_000
    /// How many fields a minute has.
    static let fieldsOfMinute = 50_000
    /// How many blocks are listed.
    static let listedBlocks = 10_000
    /// How many blocks are followed.
    static let openBlocks = 1_000
    /// How long a block lasts after its last change.
    static let blockMilliseconds = 30 * 86_400_000

    /// The script for a batch.
    ///
    /// No KEYS, because which there are depends on the content; they all begin with the prefix, which has the hash tag that keeps them on
    /// one node of a cluster.
    static let script = RedisScript(
        name: "record batch",
        source: """
            local position = 0
            local function take()
                position = position + 1
                return ARGV[position]
            end
            local prefix, server, run, number = take(), take(), take(), tonumber(take())
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local function written(milliseconds) return string.format('%.0f', milliseconds) end
            local index = prefix .. 'connections:' .. server
            local function list(key, height, hash, bound)
                redis.call('ZADD', key, height, hash)
                redis.call('ZREMRANGEBYRANK', key, 0, -(bound + 1))
            end

            local lastRun, lastNumber = string.match(redis.call('GET', prefix .. 'shares:last:' .. server) or '', '^(%x+) (%d+)$')
            local isNew = lastRun ~= run or tonumber(lastNumber) < number
            if lastRun ~= run then
                -- Another life: the connections of the last one are gone with it.
                for _, id in ipairs(redis.call('ZRANGE', index, 0, 9999)) do
                    redis.call('DEL', prefix .. 'connection:' .. server .. ':' .. id)
                end
                redis.call('DEL', index)
            end
            redis.call('SET', prefix .. 'shares:last:' .. server, run .. ' ' .. written(number), 'PX', \(totalsMilliseconds))

            local load = prefix .. 'stratum:' .. server
            redis.call('HSET', load, 'connections', take(), 'sharesPerSecond', take(), 'updated', written(now))
            redis.call('PEXPIRE', load, \(loadMilliseconds))
            redis.call('ZADD', prefix .. 'stratum', written(now + \(loadMilliseconds)), server)
            redis.call('ZREMRANGEBYSCORE', prefix .. 'stratum', '-inf', '(' .. written(now))
            redis.call('PEXPIRE', prefix .. 'stratum', \(loadMilliseconds))

            local isFull, lastMinute = {}, math.floor((now + \(aheadMilliseconds)) / 60000)
            for _ = 1, tonumber(take()) do
                local minute, worker, outcome, count, difficulty = take(), take(), take(), take(), take()
                if tonumber(minute) > lastMinute then minute = written(lastMinute) end
                if isNew then
                    local key = prefix .. 'shares:' .. minute
                    if isFull[minute] == nil then
                        isFull[minute] = redis.call('HLEN', key) >= \(fieldsOfMinute)
                        redis.call('ZADD', prefix .. 'shares', minute, minute)
                        redis.call('ZREMRANGEBYRANK', prefix .. 'shares', 0, -\(minutes + 1))
                    end
                    local field = worker .. '|' .. outcome
                    if isFull[minute] and redis.call('HEXISTS', key, field .. '|count') == 0 then field = '*|' .. outcome end
                    redis.call('HINCRBY', key, field .. '|count', count)
                    redis.call('HINCRBYFLOAT', key, field .. '|difficulty', difficulty)
                end
            end
            for minute in pairs(isFull) do redis.call('PEXPIRE', prefix .. 'shares:' .. minute, \(totalsMilliseconds)) end

            for _ = 1, tonumber(take()) do
                local id, fields = take(), {}
                for i = 1, 2 * tonumber(take()) do fields[i] = take() end
                local key = prefix .. 'connection:' .. server .. ':' .. id
                redis.call('HSET', key, 'id', id, 'server', server, unpack(fields))
                redis.call('PEXPIRE', key, \(connectionMilliseconds))
                redis.call('ZADD', index, written(now + \(connectionMilliseconds)), id)
            end
            for _ = 1, tonumber(take()) do
                local id = take()
                redis.call('DEL', prefix .. 'connection:' .. server .. ':' .. id)
                redis.call('ZREM', index, id)
            end
            redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. written(now))
            redis.call('PEXPIRE', index, \(connectionMilliseconds))

            for _ = 1, tonumber(take()) do
                local hash, height, job, worker, found = take(), take(), take(), take(), take()
                local key = prefix .. 'block:' .. hash
                redis.call('HSET', key, 'hash', hash, 'height', height, 'job', job, 'worker', worker, 'server', server)
                redis.call('HSETNX', key, 'found', found)
                list(prefix .. 'blocks', height, hash, \(listedBlocks))
                if redis.call('HSETNX', key, 'outcome', 'undecided') == 1 then
                    redis.call('HSET', key, 'updated', written(now))
                    list(prefix .. 'blocks:open', height, hash, \(openBlocks))
                end
                redis.call('PEXPIRE', key, \(blockMilliseconds))
            end
            return isNew and 1 or 0
            """)

    /// The script's arguments.
    ///
    /// - Parameters:
    ///   - run: 16 hexadecimal digits that name this life of the server.
    static func arguments(
        _ batch: RecorderState.Batch, prefix: String, server: String, run: String, connections: Int,
        sharesPerSecond: Double
    ) -> [RedisArgument] {
        var arguments: [RedisArgument] = [
            RedisArgument(prefix), RedisArgument(server), RedisArgument(run), RedisArgument(batch.number),
            RedisArgument(connections), RedisArgument("\(sharesPerSecond)"), RedisArgument(batch.totals.count),
        ]
        for (key, total) in batch.totals {
            arguments += [
                RedisArgument(key.minute), RedisArgument(key.worker), RedisArgument(key.outcome.rawValue),
                RedisArgument(total.count), RedisArgument("\(total.difficulty)"),
            ]
        }
        arguments.append(RedisArgument(batch.connections.count))
        for connection in batch.connections {
            let fields = connection.fields
            arguments += [RedisArgument(connection.id), RedisArgument(fields.count)]
            for (name, value) in fields { arguments += [RedisArgument(name), RedisArgument(value)] }
        }
        arguments.append(RedisArgument(batch.gone.count))
        arguments += batch.gone.map { RedisArgument($0) }
        arguments.append(RedisArgument(batch.blocks.count))
        for block in batch.blocks {
            arguments += [
                RedisArgument(block.hash), RedisArgument(block.height), RedisArgument(block.jobID),
                RedisArgument(block.worker), RedisArgument(block.foundAtMilliseconds),
            ]
        }
        return arguments
    }
}

extension ConnectionInfo {
    /// The fields of its hash, those without a value left out.
    fileprivate var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = [
            ("address", address), ("listener", listener), ("extranonce1", extranonce1), ("difficulty", "\(difficulty)"),
            ("since", "\(sinceMilliseconds)"), ("accepted", "\(accepted)"), ("rejected", "\(rejected)"),
        ]
        func add(_ name: String, _ value: String?) {
            if let value { fields.append((name, value.shortened(to: RecorderState.Limit.textBytes))) }
        }
        add("proxyID", proxyID)
        add("worker", worker)
        add("agent", agent)
        add("lastShare", lastShareMilliseconds.map { "\($0)" })
        return fields
    }
}
