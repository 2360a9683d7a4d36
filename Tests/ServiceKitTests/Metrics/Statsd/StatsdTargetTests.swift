internal import Testing

@testable internal import ServiceKit

/// What `HEADFRAME_STATSD` may say.
@Suite struct StatsdTargetTests {
    @Test(arguments: [
        ("127.0.0.1:8125", StatsdTarget(host: "127.0.0.1", port: 8125)),
        ("statsd.example.com:9125?rate=0.1", StatsdTarget(host: "statsd.example.com", port: 9125, rate: 0.1)),
        ("[::1]:8125", StatsdTarget(host: "::1", port: 8125)),
    ])
    func targetsAreReadAndShownTheSame(text: String, target: StatsdTarget) throws {
        #expect(try load(["--statsd", text]).configuration.common.statsd == target)
        #expect(try load(environment: ["HEADFRAME_STATSD": text]).configuration.common.statsd == target)
        #expect(target.description == text)
    }

    @Test func withoutItThereIsNone() throws {
        #expect(try load().configuration.common.statsd == nil)
    }

    @Test(arguments: [
        ("localhost", "has no port"), (":8125", "has no host"), ("a:0", "the port is not a number from 1 to 65535"),
        ("a:x", "the port is not a number from 1 to 65535"), ("a:65536", "the port is not a number from 1 to 65535"),
        ("udp://a:8125", "has a scheme, and statsd is always UDP"),
        ("a:8125?rate=0", "what follows the question mark is no rate from 0.001 to 1"),
        ("a:8125?rate=2", "what follows the question mark is no rate from 0.001 to 1"),
        ("a:8125?sample=1", "what follows the question mark is no rate from 0.001 to 1"),
        ("a:8125?", "what follows the question mark is no rate from 0.001 to 1"),
    ])
    func otherTextsAreRefusedWithARemedy(text: String, reason: String) throws {
        let message = try #require(problem(environment: ["HEADFRAME_STATSD": text])?.message)
        #expect(message.contains("HEADFRAME_STATSD"))
        #expect(
            message.contains(
                "\(reason); give HOST:PORT such as 127.0.0.1:8125, or 127.0.0.1:8125?rate=0.1 to send one event of ten"),
            "\(message)")
    }

    @Test func anIPv6AddressNeedsItsBrackets() {
        #expect(
            problem(["--statsd", "::1:8125"])?.message.contains("an IPv6 address stands in brackets; give [::1]:8125")
                == true)
    }
}
