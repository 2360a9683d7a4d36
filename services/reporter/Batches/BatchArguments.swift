internal import Mining
internal import Redis

extension ShareBatch {
    /// The arguments of ``BatchScript``.
    ///
    /// Shares go grouped by job, height and minute, those of a group in one argument: 49 bytes for each, its hash (32), time (6), weight (2 for
    /// 10^15, 7 for the rest) and the number of its worker (2), big-endian. So a batch has few arguments, and Lua little to take apart.
    func arguments(prefix: String, _ options: CountingOptions) -> [RedisArgument] {
        var arguments: [RedisArgument] = [
            RedisArgument(prefix), RedisArgument(origin), RedisArgument(after), RedisArgument(upTo),
            RedisArgument(options.seenLife.milliseconds), RedisArgument(options.windowWeight),
            RedisArgument(options.windowMinutes),
        ]
        var workers: [String: UInt16] = [:]
        var names: [String] = []
        var groups: [ShareGroup: [UInt8]] = [:]
        var order: [ShareGroup] = []
        for share in shares {
            let worker = workers[share.worker] ?? UInt16(truncatingIfNeeded: names.count)
            if Int(worker) == names.count {
                workers[share.worker] = worker
                names.append(share.worker)
            }
            let group = ShareGroup(share)
            if groups[group] == nil { order.append(group) }
            groups[group, default: []].appendRecord(share, worker: worker)
        }
        arguments.append(RedisArgument(names.count))
        arguments += names.map { RedisArgument($0) }
        arguments.append(RedisArgument(order.count))
        for group in order {
            arguments += [
                RedisArgument(group.jobID), RedisArgument(group.height), RedisArgument(group.minute),
                RedisArgument(groups[group] ?? []),
            ]
        }
        let blocks = shares.filter(\.isBlock)
        arguments.append(RedisArgument(blocks.count))
        for block in blocks {
            let mark = BlockMark.text(timeMilliseconds: block.stampedMilliseconds, hash: Hex.encode(block.hash))
            arguments += [RedisArgument(block.stampedHeight), RedisArgument(block.hash), RedisArgument(mark)]
        }
        return arguments
    }
}

/// What the shares of one argument have in common.
private struct ShareGroup: Hashable {
    let jobID: String
    let height: Int
    let minute: Int64

    init(_ share: PoolShare) {
        jobID = share.jobID
        height = share.stampedHeight
        minute = share.stampedMilliseconds / 60_000
    }
}

extension PoolShare {
    /// The time, within what 6 bytes hold.
    fileprivate var stampedMilliseconds: Int64 { min(max(timeMilliseconds, 0), 1 << 48 - 1) }
    /// The height, never below zero.
    fileprivate var stampedHeight: Int { max(height, 0) }
}

extension [UInt8] {
    fileprivate mutating func appendRecord(_ share: PoolShare, worker: UInt16) {
        append(contentsOf: share.hash)
        appendBigEndian(UInt64(share.stampedMilliseconds), bytes: 6)
        let (high, low) = UInt64(Swift.max(share.weight, 0)).quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        appendBigEndian(high, bytes: 2)
        appendBigEndian(low, bytes: 7)
        appendBigEndian(UInt64(worker), bytes: 2)
    }

    private mutating func appendBigEndian(_ number: UInt64, bytes: Int) {
        for byte in (0..<bytes).reversed() { append(UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))) }
    }
}

extension Duration {
    /// Milliseconds, the rest cut off.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
