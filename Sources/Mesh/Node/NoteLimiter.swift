/// Lets one log line of a kind through in a while and counts the rest: bad input must not fill the disk.
struct NoteLimiter {
    private var kinds: [String: (until: MeshInstant, suppressed: Int)] = [:]

    /// Kinds that name a peer come and go with it: beyond so many, those whose time is over are forgotten with their count.
    static let capacity = 256

    /// How many kinds are known.
    var count: Int { kinds.count }

    /// How many lines of this kind were kept back since the last one; nil when this one is to be kept back too.
    ///
    /// - Parameter interval: For how long after this one the next are kept back.
    mutating func admit(_ kind: String, every interval: Duration, now: MeshInstant) -> Int? {
        let known = kinds[kind]
        if let known, now < known.until {
            kinds[kind]?.suppressed += 1
            return nil
        }
        if known == nil, kinds.count >= Self.capacity { kinds = kinds.filter { now < $0.value.until } }
        kinds[kind] = (now + interval, 0)
        return known?.suppressed ?? 0
    }
}
