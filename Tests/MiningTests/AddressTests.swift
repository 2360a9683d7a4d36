internal import Mining
internal import Testing

@Suite struct AddressTests {
    /// Sources: `key_io_valid.json` of Bitcoin Core and of Litecoin Core, the examples of BIP 173 and BIP 350, and for `ltc1` the example
    /// key of BIP 173.
    static let valid: [(String, Network, String)] = [
        ("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", .bitcoin, "76a914a31c06bd463e3923bc1aadbde48b16976c08071788ac"),
        ("36j4NfKv6Akva9amjWrLG6MuSQym1GuEmm", .bitcoin, "a914373b819a068f32b7a6b38b6b38729647cfde01c287"),
        ("mzK2FFDEhxqHcmrJw1ysqFkVyhUULo45hZ", .bitcoinTestnet, "76a914ce28b26c57472737f5c3561a1761185bd8589a4388ac"),
        ("2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK", .bitcoinTestnet, "a914ce0bba75891ff9ec60148d4bd4a09ee2dc5c933187"),
        ("n4fajahJrAuKbN7uNsKjLjQkz9Qn5ewJXQ", .bitcoinRegtest, "76a914fdeca3b08e38af53d7c4c60e3ad208ce5066441088ac"),
        ("2MxFajLApXpYk4VodBSZSt7rw8y4ryABkfA", .bitcoinRegtest, "a91436e9f191e0b75036a77f65e2eaa4752443233fbe87"),
        ("LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA", .litecoin, "76a914558dbca7118cd5894502767c7b2ffc21a22f54db88ac"),
        ("MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2", .litecoin, "a9146d328a5b2a20d943a641c8d29b6cc3c2d2df85d387"),
        ("36j4NfKv6Akva9amjWrLG6MuSQym1GuEmm", .litecoin, "a914373b819a068f32b7a6b38b6b38729647cfde01c287"),
        ("mwXn5Vhicdav8Av3KMokx4YNuHoGRKxtWs", .litecoinTestnet, "76a914afa9e672141e283dfbcc1cf28f3793a856d3878488ac"),
        ("QXaUgLHkZcbJb2j5XgMYzY8cF9YM48Y81Z", .litecoinTestnet, "a9147860667e60a6545e18e541984094b29c9c46991b87"),
        ("2NC2hEhe28ULKAJkW5MjZ3jtTMJdvXmByvK", .litecoinTestnet, "a914ce0bba75891ff9ec60148d4bd4a09ee2dc5c933187"),
        ("QgDNrG4nJpE4VV7PcFMFhkTgwAHWxWS7pj", .litecoinRegtest, "a914d71bee7a1395c10c9ca9a7f53ac086b53e74369d87"),
        ("bc1qvyq0cc6rahyvsazfdje0twl7ez82ndmuac2lhv", .bitcoin, "00146100fc6343edc8c874496cb2f5bbfec88ea9b77c"),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", .bitcoin, "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
        ("ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", .litecoin, "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
        (
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", .bitcoinTestnet,
            "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"
        ),
        (
            "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy", .bitcoinTestnet,
            "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"
        ),
        (
            "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", .bitcoinTestnet,
            "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"
        ),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", .bitcoin,
            "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
        ),
        (
            "bcrt1qan8gntac7z7me2ejt4hpru42ad2f759fmy0m3ejvs98656znv7eqga4uhv", .bitcoinRegtest,
            "0020ecce89afb8f0bdbcab325d6e11f2aaeb549f50a9d91fb8e64c814faa685367b2"
        ),
        (
            "bcrt1pfwxjqvtt4tcxrtdluukfmy2dv7xd2qzdfy6kajv5nwn4yam3wxkq3553uh", .bitcoinRegtest,
            "51204b8d20316baaf061adbfe72c9d914d678cd5004d49356ec9949ba752777171ac"
        ),
    ]

    @Test(arguments: valid) func `an address has its script`(text: String, network: Network, script: String) throws {
        let address = try Address(text, on: network)
        #expect(Hex.encode(address.script) == script)
        #expect(Payout(to: address, weight: 3) == Payout(script: script, weight: 3))
    }

    @Test func `an address of another network is refused, and told whose it is`() {
        for (text, network, _) in Self.valid where text.contains("1q") || text.contains("1p") {
            for other in Network.allCases where other != network {
                expect(.invalidAddress, "of \(network.rawValue) and not of \(other.rawValue)") {
                    () throws(MiningError) in
                    _ = try Address(text, on: other)
                }
            }
        }
        expect(.invalidAddress, "one of bitcoin and not of litecoin;") { () throws(MiningError) in
            _ = try Address("1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo", on: .litecoin)
        }
        expect(.invalidAddress, "one of litecoin-testnet or litecoin-regtest") { () throws(MiningError) in
            _ = try Address("QXaUgLHkZcbJb2j5XgMYzY8cF9YM48Y81Z", on: .bitcoin)
        }
        // Dogecoin's
        expect(.invalidAddress, "of no network that is known here") { () throws(MiningError) in
            _ = try Address("DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L", on: .litecoin)
        }
    }

    /// Source: the invalid addresses of BIP 173 and BIP 350; and a private key.
    static let invalid = [
        "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
        "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
        "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
        "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
        "bc1pw5dgrnzv",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
        "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
        "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
        "bc1gmk9yu", "", "1", "bc1", "ltc1", "é", "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mp",
        "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2m",
        "1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2m0", " 1FsSia9rv4NeEwvJ2GvXrX7LyxYspbN2mo",
        "T5MZ5z9WqJxzVxYyVPecTJUSDkzDWrUYe1JuSX2AqJ9jKmLJrvTE", String(repeating: "1", count: 100_000),
    ]

    @Test(arguments: invalid) func `what is no address is refused on every network`(text: String) {
        for network in Network.allCases {
            expect(.invalidAddress, "'\(text.prefix(120))'") { () throws(MiningError) in
                _ = try Address(text, on: network)
            }
        }
    }

    @Test func `one wrong character is found, wherever it is`() {
        for (text, network, _) in Self.valid {
            let characters = Array(text)
            for index in characters.indices {
                var changed = characters
                changed[index] = changed[index] == "q" ? "p" : "q"
                #expect(throws: MiningError.self) { try Address(String(changed), on: network) }
            }
        }
    }

    /// Source: the valid addresses of BIP 350 whose versions have no meaning yet.
    static let future: [(String, Network)] = [
        ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", .bitcoin),
        ("BC1SW50QGDZ25J", .bitcoin), ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", .bitcoin),
        ("tb1rgv5m6uvdk3kc7qsuz0c79v88ycr5w4wa", .bitcoinTestnet),
    ]

    @Test(arguments: future) func `a witness that anybody could spend is not paid`(text: String, network: Network) {
        expect(.invalidAddress, "anybody could spend it") { () throws(MiningError) in
            _ = try Address(text, on: network)
        }
    }

    @Test(arguments: ["ltcmweb1qq", "tmweb1qqabc", "LTCMWEB1QQ"]) func `an address on the extension block is refused`(
        text: String
    ) {
        for network in Network.allCases {
            expect(.invalidAddress, "MWEB") { () throws(MiningError) in _ = try Address(text, on: network) }
        }
    }
}
