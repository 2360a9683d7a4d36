/// How much one address may have of the server: connections at a time, and authorizations a minute. A value; time is a
/// parameter.
struct AddressLimits: Sendable {
    /// The limits.
    struct Policy: Sendable, Hashable {
        /// Connections in all.
        var connections = 50_000
        /// Connections of one address (of an IPv6 /64).
        var connectionsPerAddress = 4096
        /// Authorizations of one address (of an IPv6 /64) in a minute; as many may come at once.
        var authorizesPerMinute = 6000
    }

    private struct Account {
        var connections = 0
        var tokens: Double
        var asOf: ContinuousClock.Instant
    }

    /// The limits.
    let policy: Policy
    /// Connections at present.
    private(set) var connections = 0
    private var accounts: [IPAddress: Account] = [:]
    private var sweepAt = leastSweep
    private static let leastSweep = 2048

    /// Nobody is connected.
    init(_ policy: Policy = Policy()) { self.policy = policy }

    /// Counts a connection.
    ///
    /// - Returns: Why it cannot be taken, for the log; nil when it was counted and has to be given back with ``closed(_:now:)``.
    mutating func opened(_ address: IPAddress, now: ContinuousClock.Instant) -> String? {
        guard connections < policy.connections else {
            return
                "there are \(connections) connections already, which is the limit (that of open files, or --connections)"
        }
        var account = account(address, now: now)
        guard account.connections < policy.connectionsPerAddress else {
            return "\(address.household) has \(account.connections) connections already, which is the limit "
                + "(--connections-per-address)"
        }
        account.connections += 1
        connections += 1
        accounts[address.household] = account
        return nil
    }

    /// Gives a connection back.
    mutating func closed(_ address: IPAddress, now: ContinuousClock.Instant) {
        var account = account(address, now: now)
        account.connections -= 1
        connections -= 1
        // One who has been quiet for a minute has a full account anyway.
        let isFull = account.tokens >= Double(policy.authorizesPerMinute)
        accounts[address.household] = account.connections == 0 && isFull ? nil : account
        if accounts.count > sweepAt { forgetIdle(now: now) }
    }

    /// Whether an address may authorize once more; counts it.
    mutating func mayAuthorize(_ address: IPAddress, now: ContinuousClock.Instant) -> Bool {
        var account = account(address, now: now)
        defer { accounts[address.household] = account }
        guard account.tokens >= 1 else { return false }
        account.tokens -= 1
        return true
    }

    private func account(_ address: IPAddress, now: ContinuousClock.Instant) -> Account {
        let limit = Double(policy.authorizesPerMinute)
        guard var account = accounts[address.household] else { return Account(tokens: limit, asOf: now) }
        account.tokens = min(limit, account.tokens + (now - account.asOf) / .seconds(60) * limit)
        account.asOf = now
        return account
    }

    /// Forgets who is neither connected nor counted for anything. What is left decides when it is worth while again.
    private mutating func forgetIdle(now: ContinuousClock.Instant) {
        accounts = accounts.filter { $0.value.connections > 0 || now - $0.value.asOf < .seconds(60) }
        sweepAt = max(Self.leastSweep, 2 * accounts.count)
    }
}
