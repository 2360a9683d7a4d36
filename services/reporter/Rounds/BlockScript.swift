internal import Redis

/// How a block of the pool stands in the list of blocks.
enum BlockMark {
    /// The time in milliseconds, within 15 digits, and the hash: those of one height are sorted by this text, and so by time.
    static func text(timeMilliseconds: Int64, hash: String) -> String {
        let time = "\(min(max(timeMilliseconds, 0), 999_999_999_999_999))"
        return String(repeating: "0", count: 15 - time.count) + time + ":" + hash
    }
}

/// How blocks end rounds whose own shares are not counted: those that could not be recorded, or wait somewhere. The keys and fields are described
/// in `docs/PROTOCOL.md`.
enum BlockScript {
    /// The script. ARGV: the prefix, and for each block its height, hash and mark. Those that are listed stay as they are.
    ///
    /// Returns how many were listed anew.
    static let script = RedisScript(
        name: "end rounds",
        source: BatchScript.prelude + """
            local prefix, added = take(), 0
            local list = prefix .. 'rounds:blocks'
            for _ = 1, (#ARGV - 1) / 3 do
                local height, hash, mark = take(), take(), take()
                if not listedBlock(list, height, hash) then added = added + redis.call('ZADD', list, height, mark) end
            end
            if added > 0 then trimBlocks(prefix) end
            return added
            """)
}
