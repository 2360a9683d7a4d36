internal import Testing

@testable internal import stratum

@Suite struct BansTests {
    private let start = ContinuousClock.now
    private let address = IPAddress("192.0.2.1") ?? IPAddress(bytes: [0, 0, 0, 0])!

    private func flood(_ bans: inout Bans, at time: Duration, count: Int = 200) -> Bans.Ban? {
        (0..<count).reduce(nil) { ban, _ in ban ?? bans.invalid(from: address, now: start + time) }
    }

    @Test func aFloodIsBannedForAMomentAndLongerEachTime() throws {
        var bans = Bans()
        #expect(flood(&bans, at: .zero, count: 199) == nil)
        var now = Duration.zero
        for (number, seconds) in [30, 60, 120, 240, 480, 900, 900].enumerated() {
            let ban = try #require(flood(&bans, at: now))
            #expect(ban.count == number + 1)
            #expect(ban.ends == start + now + .seconds(seconds))
            #expect(bans.ban(of: address, now: start + now) == ban)
            #expect(bans.inForce(now: start + now) == [ban])
            now += .seconds(seconds)
            #expect(bans.ban(of: address, now: start + now) == nil)
        }
        // An hour later the first ban is short again.
        let ban = try #require(flood(&bans, at: now + .seconds(3601)))
        #expect(ban.count == 1)
    }

    @Test func invalidSharesOverALongTimeAreNoFlood() {
        var bans = Bans()
        for second in 0..<7200 {
            #expect(bans.invalid(from: address, now: start + .seconds(second)) == nil)
        }
    }

    @Test func validSharesOutweighInvalidOnes() {
        var bans = Bans()
        for count in 0..<2000 {
            let now = start + .milliseconds(count)
            bans.valid(from: address, now: now)
            #expect(bans.invalid(from: address, now: now) == nil)
        }
    }

    @Test func aBanMayBeLifted() {
        var bans = Bans()
        #expect(flood(&bans, at: .zero) != nil)
        bans.forgive(address)
        #expect(bans.inForce(now: start).isEmpty)
    }

    @Test func onlySoManyAddressesAreRemembered() throws {
        var bans = Bans(Bans.Policy(addressLimit: 100))
        let ban = flood(&bans, at: .zero)
        for number in 0..<10_000 {
            let other = try #require(IPAddress(bytes: [10, 0, UInt8(number >> 8), UInt8(number & 255)]))
            _ = bans.invalid(from: other, now: start + .seconds(1))
        }
        #expect(bans.addressCount <= 100)
        #expect(bans.ban(of: address, now: start + .seconds(1)) == ban)
    }
}

@Suite struct AddressLimitsTests {
    private let now = ContinuousClock.now
    private let address = IPAddress("192.0.2.1") ?? IPAddress(bytes: [0, 0, 0, 0])!
    private let other = IPAddress("192.0.2.2") ?? IPAddress(bytes: [0, 0, 0, 0])!

    @Test func connectionsAreCountedByAddressAndInAll() {
        var limits = AddressLimits(.init(connections: 3, connectionsPerAddress: 2))
        #expect(limits.opened(address, now: now) == nil)
        #expect(limits.opened(address, now: now) == nil)
        #expect(limits.opened(address, now: now)?.contains("--connections-per-address") == true)
        #expect(limits.opened(other, now: now) == nil)
        #expect(limits.opened(other, now: now)?.contains("--connections)") == true)
        limits.closed(address, now: now)
        #expect(limits.connections == 2)
        #expect(limits.opened(address, now: now) == nil)
    }

    @Test func authorizationsComeBackWithTime() {
        var limits = AddressLimits(.init(authorizesPerMinute: 6))
        func allowed(_ time: Duration) -> Int {
            (0..<20).count { _ in limits.mayAuthorize(address, now: now + time) }
        }
        #expect(allowed(.zero) == 6)
        #expect(allowed(.seconds(5)) == 0)
        #expect(allowed(.seconds(20)) == 2)
        #expect(allowed(.seconds(600)) == 6)
    }
}

@Suite struct JobSupplyTests {
    private let now = ContinuousClock.now
    private let supply = JobSupply(ageLimit: .seconds(600))

    private func facts(_ age: Duration?, known: Int = 2, ready: Int) -> JobSupply.Facts {
        JobSupply.Facts(work: age.map { (100, now - $0) }, known: known, ready: ready)
    }

    @Test func whoStandsBehindTheWorkDecides() {
        #expect(supply.state(facts(.seconds(5), ready: 1), now: now) == .good)
        guard case .kept(let kept) = supply.state(facts(.seconds(5), ready: 0), now: now) else {
            Issue.record("not kept")
            return
        }
        #expect(kept.contains("height 100, last confirmed 5 s ago") && kept.contains("none of the 2 jobmanagers"))
        guard case .none(let old) = supply.state(facts(.seconds(600), known: 0, ready: 0), now: now) else {
            Issue.record("not given up")
            return
        }
        #expect(old.contains("stale") && old.contains("no jobmanager is there"))
    }

    @Test func withoutAJobItSaysWhy() {
        func reason(_ facts: JobSupply.Facts) -> String {
            if case .none(let reason) = supply.state(facts, now: now) { reason } else { "" }
        }
        #expect(reason(facts(nil, known: 0, ready: 0)).contains("no jobmanager is there"))
        #expect(reason(facts(nil, known: 2, ready: 0)).contains("none of the 2"))
        #expect(reason(facts(nil, known: 2, ready: 2)).contains("none has published"))
        var broken = facts(nil, ready: 2)
        broken.problem = "the job x cannot be mined"
        #expect(reason(broken) == "no job yet: the job x cannot be mined")
    }
}

@Suite struct RateWindowTests {
    @Test func itCountsTheLastTenSeconds() {
        var window = RateWindow()
        let start = ContinuousClock.now
        for second in 0..<30 {
            for _ in 0..<second { window.count(now: start + .seconds(second)) }
        }
        #expect(window.perSecond(now: start + .seconds(29)) == 24.5)
        #expect(window.perSecond(now: start + .seconds(34)) == (25 + 26 + 27 + 28 + 29) / 10.0)
        #expect(window.perSecond(now: start + .seconds(100_000)) == 0)
    }
}
