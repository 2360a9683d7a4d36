internal import ServiceKit
internal import Stratum
internal import Testing

@testable internal import stratum

@Suite struct ConfigurationTests {
    @Test func theDefaultsListenOnLoopback() throws {
        let configuration = StratumConfiguration()
        try configuration.validate()
        let options = try configuration.options()
        #expect(options.listen.map(\.description) == ["127.0.0.1:3333"])
        #expect(options.proxies.isEmpty)
        #expect(configuration.spoolOfInstance == "spool/stratum-1")
    }

    @Test func anAddressHasDefaultsOfItsOwn() throws {
        let addresses = try ListenAddress.list(
            parsing: "0.0.0.0:3333, [::1]:3334?d=256&min=16&max=4096&rate=10&proxy=off")
        #expect(addresses.map(\.description) == ["0.0.0.0:3333", "[::1]:3334"])
        let defaults = SessionOptions(vardiff: VardiffOptions(start: 1, bounds: 0.5...100, sharesPerMinute: 20))
        let first = addresses[0].options(defaults)
        #expect(first.vardiff == defaults.vardiff)
        let second = addresses[1].options(defaults)
        #expect(second.vardiff == VardiffOptions(start: 256, bounds: 16...4096, sharesPerMinute: 10))
        #expect(second.allowedDifficulty == 16...4096)
        #expect(addresses[0].takesProxies && !addresses[1].takesProxies)
        // A bound beyond the other one of the defaults takes that along.
        #expect(try ListenAddress(parsing: "1.2.3.4:1?min=1000").options(defaults).vardiff.bounds == 1000...1000)
        #expect(try ListenAddress(parsing: "1.2.3.4:1?max=0.1").options(defaults).vardiff.bounds == 0.1...0.1)
    }

    @Test(arguments: [
        "", "3333", "host:3333", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "127.0.0.1:1,",
        "127.0.0.1:1?d=0", "127.0.0.1:1?d=-1", "127.0.0.1:1?d=nan", "127.0.0.1:1?d=inf", "127.0.0.1:1?x=1",
        "127.0.0.1:1?proxy=maybe", "127.0.0.1:1?min=2&max=1", "127.0.0.1:1?d",
    ])
    func whatCannotBeReadIsRefusedWithARemedy(_ text: String) {
        var configuration = StratumConfiguration()
        configuration.listen = text
        let error = #expect(throws: InvalidSetting.self) { try configuration.validate() }
        #expect(error?.description.contains("--listen") == true && error?.description.contains("give") == true)
    }

    @Test func wrongNetworksAndBoundsAreRefused() {
        var configuration = StratumConfiguration()
        configuration.proxies = "10.0.0.0/99"
        #expect(throws: InvalidSetting.self) { try configuration.validate() }
        configuration.proxies = nil
        configuration.minimumDifficulty = 2
        configuration.maximumDifficulty = 1
        #expect(throws: InvalidSetting.self) { try configuration.validate() }
    }
}
