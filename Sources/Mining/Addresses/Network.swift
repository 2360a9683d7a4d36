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

    /// What the network's daemon calls its chain (`getblockchaininfo`), by its beginning: `testnet4` is a test network too.
    public var chain: String {
        switch self {
        case .litecoin, .bitcoin: "main"
        case .litecoinTestnet, .bitcoinTestnet: "test"
        case .litecoinRegtest, .bitcoinRegtest: "regtest"
        }
    }

    /// By which hash the network's blocks are mined.
    public var algorithm: ProofOfWorkKind {
        switch self {
        case .litecoin, .litecoinTestnet, .litecoinRegtest: .scrypt
        case .bitcoin, .bitcoinTestnet, .bitcoinRegtest: .sha256d
        }
    }
}

/// How a network's addresses begin.
///
/// Source: `chainparams.cpp` of Bitcoin Core and of Litecoin Core.
struct AddressPrefixes {
    /// The version bytes of addresses that pay to the hash of a public key.
    var publicKeyHash: [UInt8]
    /// The version bytes of addresses that pay to the hash of a script, the old ones that are still read included.
    var scriptHash: [UInt8]
    /// The human-readable part of segregated-witness addresses.
    var segwit: String
}

extension Network {
    var prefixes: AddressPrefixes {
        switch self {
        case .litecoin: AddressPrefixes(publicKeyHash: [48], scriptHash: [50, 5], segwit: "ltc")
        case .litecoinTestnet: AddressPrefixes(publicKeyHash: [111], scriptHash: [58, 196], segwit: "tltc")
        case .litecoinRegtest: AddressPrefixes(publicKeyHash: [111], scriptHash: [58, 196], segwit: "rltc")
        case .bitcoin: AddressPrefixes(publicKeyHash: [0], scriptHash: [5], segwit: "bc")
        case .bitcoinTestnet: AddressPrefixes(publicKeyHash: [111], scriptHash: [196], segwit: "tb")
        case .bitcoinRegtest: AddressPrefixes(publicKeyHash: [111], scriptHash: [196], segwit: "bcrt")
        }
    }

    /// The human-readable parts of addresses on the extension block, which no coinbase can pay to.
    static let extensionBlockPrefixes = ["ltcmweb", "tmweb"]
}
