internal import Mining
internal import Testing

@testable internal import jobmanager

@Suite struct PayoutListTests {
    /// Of Litecoin's regtest network, witness version 0.
    private static let address = "rltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kr67ey4"

    @Test(arguments: ["", ",", ":", "x", "\(address):0", "\(address):-1", "\(address):1:2", "\(address),"])
    func `what is no list of payouts is refused`(text: String) {
        #expect(throws: JobManagerError.self) { try PayoutList.parse(text, on: .litecoinRegtest) }
    }

    @Test func `a main network needs a payout, a test network may go without`() throws {
        var configuration = JobManagerConfiguration()
        #expect(throws: (any Error).self) { try configuration.validate() }
        configuration.network = .litecoinRegtest
        try configuration.validate()
        #expect(try configuration.options().payouts == [.toAnybody])
        #expect(try configuration.options().tag == "/Headframe/")
    }
}
