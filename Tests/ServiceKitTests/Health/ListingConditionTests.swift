internal import Testing

@testable internal import ServiceKit

/// Whether a process is ready as far as the registry goes.
@Suite struct ListingConditionTests {
    private let readiness = Readiness()
    private let listing: ListingCondition

    init() {
        listing = ListingCondition(readiness)
    }

    @Test func itIsReadyFromTheFirstListingOn() {
        #expect(readiness.notReady == [.init(name: "mesh", reason: "not listed in the registry yet")])
        listing.missed("no connection")
        #expect(readiness.notReady == [.init(name: "mesh", reason: "not listed in the registry yet: no connection")])
        listing.listed()
        #expect(readiness.notReady.isEmpty && readiness.degraded.isEmpty)
    }

    @Test func laterARegistryThatIsAwayIsSaidAndCostsNothing() {
        listing.listed()
        listing.missed("no connection")
        #expect(readiness.notReady.isEmpty)
        #expect(readiness.degraded.map(\.name) == ["mesh"])
        #expect(readiness.degraded.first?.reason.hasSuffix(": no connection") == true)
        listing.listed()
        #expect(readiness.degraded.isEmpty)
    }
}
