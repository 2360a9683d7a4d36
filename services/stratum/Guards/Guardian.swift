internal import Synchronization

/// Keeps the counts of addresses for all connections of the server.
final class Guardian: Sendable {
    private let limits: Mutex<AddressLimits>
    private let bans: Mutex<Bans>
    private let proxies: [AddressRange]

    /// Nobody is there yet.
    init(limits: AddressLimits.Policy, bans: Bans.Policy, proxies: [AddressRange]) {
        self.limits = Mutex(AddressLimits(limits))
        self.bans = Mutex(Bans(bans))
        self.proxies = proxies
    }

    /// Whether an address is a proxy's.
    func isProxy(_ address: IPAddress) -> Bool { proxies.contains { $0.contains(address) } }

    /// Counts a connection; says why it cannot be taken, or nil.
    func opened(_ address: IPAddress, now: ContinuousClock.Instant) -> String? {
        limits.withLock { $0.opened(address, now: now) }
    }

    /// Gives a connection back that was taken.
    func closed(_ address: IPAddress, now: ContinuousClock.Instant) {
        limits.withLock { $0.closed(address, now: now) }
    }

    /// Whether an address may authorize once more.
    func mayAuthorize(_ address: IPAddress, now: ContinuousClock.Instant) -> Bool {
        limits.withLock { $0.mayAuthorize(address, now: now) }
    }

    /// Connections at present.
    var connections: Int { limits.withLock { $0.connections } }

    /// The ban that keeps an address away now.
    func ban(of address: IPAddress, now: ContinuousClock.Instant) -> Bans.Ban? {
        bans.withLock { $0.ban(of: address, now: now) }
    }

    /// Counts a valid share.
    func valid(from address: IPAddress, now: ContinuousClock.Instant) {
        bans.withLock { $0.valid(from: address, now: now) }
    }

    /// Counts an invalid share; says the ban that is in force now.
    func invalid(from address: IPAddress, now: ContinuousClock.Instant) -> Bans.Ban? {
        bans.withLock { $0.invalid(from: address, now: now) }
    }

    /// The bans in force, those that end first coming first.
    func bansInForce(now: ContinuousClock.Instant) -> [Bans.Ban] { bans.withLock { $0.inForce(now: now) } }
}
