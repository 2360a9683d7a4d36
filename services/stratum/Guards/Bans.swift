/// Who is kept away for a while because of floods of invalid shares. A value; time is a parameter.
///
/// Slow to anger: an address has two numbers that halve every ``Policy/halfLife``, of its valid and of its invalid shares. It is
/// banned when the invalid ones pass ``Policy/floodLimit`` and are most of all. So neither a burst after a reconnection nor one
/// broken miner among many behind one address brings a ban. A ban is short at first and doubles with each that follows soon;
/// everything is forgotten with time.
struct Bans: Sendable {
    /// How bans are given.
    struct Policy: Sendable, Hashable {
        /// Within what time numbers of shares halve.
        var halfLife: Duration = .seconds(60)
        /// How many invalid shares, as halved, are a flood.
        var floodLimit: Double = 200
        /// How long the first ban is.
        var firstBan: Duration = .seconds(30)
        /// The longest that a ban becomes.
        var longestBan: Duration = .seconds(900)
        /// After what time without a new one a ban is forgotten, and the next is shorter again.
        var memory: Duration = .seconds(3600)
        /// The most addresses that are remembered; beyond it those that weigh least are forgotten.
        var addressLimit = 20_000
    }

    /// A ban that is in force.
    struct Ban: Sendable, Hashable {
        /// Who is banned: an address, or an IPv6 /64.
        var address: IPAddress
        /// When it ends.
        var ends: ContinuousClock.Instant
        /// The how many-th in a row.
        var count: Int

        /// What is left of it, in whole seconds.
        func seconds(from now: ContinuousClock.Instant) -> Int { Int(((ends - now) / .seconds(1)).rounded(.up)) }
    }

    private struct Conduct {
        var valid = 0.0
        var invalid = 0.0
        var asOf: ContinuousClock.Instant
        var bans = 0
        var bannedUntil: ContinuousClock.Instant?

        mutating func age(to now: ContinuousClock.Instant, _ policy: Policy) {
            let halvings = (now - asOf) / policy.halfLife
            if halvings > 0 {
                let factor = halvings > 60 ? 0 : power(ofHalf: halvings)
                valid *= factor
                invalid *= factor
                asOf = now
            }
            if let end = bannedUntil, now - end >= policy.memory {
                bans = 0
                bannedUntil = nil
            }
        }

        var isForgettable: Bool { bannedUntil == nil && invalid < 0.5 && valid < 0.5 }
    }

    /// The rules.
    let policy: Policy
    private var conducts: [IPAddress: Conduct] = [:]

    /// Nobody is banned.
    init(_ policy: Policy = Policy()) { self.policy = policy }

    /// The ban that keeps this address away now.
    func ban(of address: IPAddress, now: ContinuousClock.Instant) -> Ban? {
        let address = address.household
        guard let conduct = conducts[address], let end = conduct.bannedUntil, now < end else { return nil }
        return Ban(address: address, ends: end, count: conduct.bans)
    }

    /// A share from this address was valid.
    mutating func valid(from address: IPAddress, now: ContinuousClock.Instant) {
        change(address, now: now) { $0.valid += 1 }
    }

    /// A share from this address was invalid: malformed, duplicate or below its difficulty. (A stale one is nobody's fault.)
    ///
    /// - Returns: The ban that is in force now, whether this share brought it or one before.
    mutating func invalid(from address: IPAddress, now: ContinuousClock.Instant) -> Ban? {
        let policy = policy
        return change(address, now: now) { conduct in
            if let end = conduct.bannedUntil, now < end {
                return Ban(address: address.household, ends: end, count: conduct.bans)
            }
            conduct.invalid += 1
            guard conduct.invalid >= policy.floodLimit, conduct.invalid > conduct.valid else { return nil }
            conduct.bans += 1
            // The score starts anew: the end of the ban is not the beginning of the next.
            conduct.invalid = 0
            let length = min(policy.firstBan * (1 << min(conduct.bans - 1, 20)), policy.longestBan)
            conduct.bannedUntil = now + length
            return Ban(address: address.household, ends: now + length, count: conduct.bans)
        }
    }

    /// Lifts the ban of an address and forgets what led to it.
    mutating func forgive(_ address: IPAddress) { conducts[address.household] = nil }

    /// The bans in force, those that end first coming first.
    func inForce(now: ContinuousClock.Instant) -> [Ban] {
        conducts.keys.compactMap { ban(of: $0, now: now) }.sorted { $0.ends < $1.ends }
    }

    /// How many addresses are remembered.
    var addressCount: Int { conducts.count }

    @discardableResult
    private mutating func change<Result>(
        _ address: IPAddress, now: ContinuousClock.Instant, _ body: (inout Conduct) -> Result
    ) -> Result {
        let address = address.household
        if conducts[address] == nil, conducts.count >= policy.addressLimit { shrink(now: now) }
        var conduct = conducts[address] ?? Conduct(asOf: now)
        conduct.age(to: now, policy)
        defer { conducts[address] = conduct }
        return body(&conduct)
    }

    /// Makes room: for whom nothing speaks any more, and where that is not enough, the lighter half.
    private mutating func shrink(now: ContinuousClock.Instant) {
        for address in conducts.keys { conducts[address]?.age(to: now, policy) }
        conducts = conducts.filter { !$0.value.isForgettable }
        guard conducts.count >= policy.addressLimit else { return }
        let byWeight = conducts.sorted {
            ($0.value.bannedUntil != nil ? 1 : 0, $0.value.invalid) > (
                $1.value.bannedUntil != nil ? 1 : 0, $1.value.invalid
            )
        }
        conducts = Dictionary(uniqueKeysWithValues: byWeight.prefix(policy.addressLimit / 2).map { ($0.key, $0.value) })
    }
}

/// 0.5 to the power of a positive number, near enough for a score: linear between the whole powers.
private func power(ofHalf exponent: Double) -> Double {
    let whole = Int(exponent)
    let base = 1 / Double(UInt64(1) << UInt64(whole))
    return base * (1 - (exponent - Double(whole)) / 2)
}
