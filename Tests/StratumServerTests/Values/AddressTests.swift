internal import Testing

@testable internal import stratum

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::1", "::1"), ("[2001:DB8::1]", "2001:db8::1"), ("::ffff:1.2.3.4", "1.2.3.4"),
    ])
    func anAddressHasOneText(_ text: String, _ shown: String) {
        #expect(IPAddress(text)?.description == shown)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "[1.2.3.4]", "::g", "1.2.3.4/8", "1.2.3.4 "])
    func anythingElseIsNone(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func anIPv6CustomerIsOne() throws {
        let first = try #require(IPAddress("2001:db8:1:2::7"))
        let second = try #require(IPAddress("2001:db8:1:2:ffff::8"))
        let third = try #require(IPAddress("2001:db8:1:3::7"))
        #expect(first.household == second.household && first.household != third.household)
        #expect(try #require(IPAddress("192.0.2.1")).household.description == "192.0.2.1")
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "9.9.9.9", true),
        ("192.0.2.129/25", "192.0.2.200", true), ("192.0.2.129/25", "192.0.2.127", false),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("::/0", "1.2.3.4", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
    ])
    func aNetworkHoldsWhatBeginsLikeIt(_ network: String, _ address: String, _ holds: Bool) throws {
        #expect(try #require(AddressRange(network)).contains(try #require(IPAddress(address))) == holds)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "x/8", "::/129", "10.0.0.0/8/8", ""])
    func whatIsNoNetworkIsRefused(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func networksAreListedWithCommas() {
        #expect(AddressRange.list("127.0.0.1, 10.0.0.0/8")?.count == 2)
        #expect(AddressRange.list("127.0.0.1,,::1") == nil)
    }
}
