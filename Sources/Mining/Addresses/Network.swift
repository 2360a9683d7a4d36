/// The networks whose addresses can be paid.
public enum Network: String, Codable, Sendable, Hashable, CaseIterable {
    /// Litecoin's main network.
    case litecoin
    /// Litecoin's test network.
    case litecoinTestnet = "litecoin-testnet"
    /// A private chain of Litecoin's regression tests.
    case litecoinRegtest = "litecoin-regtest"
    /// Bitcoin's main network.
    case bitcoin
    /// Bitcoin's test network.
    case bitcoinTestnet = "bitcoin-testnet"
    /// A private chain of Bitcoin's regression tests.
    case bitcoinRegtest = "bitcoin-regtest"
}
