/// An address that a coinbase can pay to.
public struct Address: Sendable, Hashable, CustomStringConvertible {
    /// The text that it was read from.
    public let text: String
    /// The network that it belongs to.
    public let network: Network
    /// The output script that pays to it.
    public let script: [UInt8]

    /// Reads an address, without asking a daemon.
    ///
    /// Understood are addresses of a public key's or a script's hash (base58), of segregated witness (bech32) and of taproot
    /// (bech32m). Networks share some prefixes: there the network asked for counts.
    ///
    /// - Throws: `invalidAddress`, which says whether it is mistyped, of another network, or of a kind that cannot be paid.
    public init(_ text: String, on network: Network) throws(MiningError) {
        self.text = text
        self.network = network
        script =
            switch try AddressContent(text) {
            case .program(let prefix, let program): try Self.script(text, network, prefix, program)
            case .hash(let version, let hash): try Self.script(text, network, version, hash)
            }
    }

    /// The text.
    public var description: String { text }

    private static func script(
        _ text: String, _ network: Network, _ prefix: String, _ program: WitnessProgram
    ) throws(MiningError) -> [UInt8] {
        guard prefix == network.prefixes.segwit else {
            throw foreign(text, network, Network.allCases.filter { $0.prefixes.segwit == prefix })
        }
        guard program.version == 0 || (program.version == 1 && program.bytes.count == 32) else {
            throw AddressContent.invalid(
                text,
                "pays to a witness of version \(program.version) with \(program.bytes.count) bytes, which has no meaning yet, so that "
                    + "anybody could spend it; name an address of version 0 or of taproot")
        }
        return program.script
    }

    private static func script(
        _ text: String, _ network: Network, _ version: UInt8, _ hash: [UInt8]
    ) throws(MiningError) -> [UInt8] {
        let prefixes = network.prefixes
        if prefixes.publicKeyHash.contains(version) {
            // OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG
            return [0x76, 0xa9, 20] + hash + [0x88, 0xac]
        }
        if prefixes.scriptHash.contains(version) {
            // OP_HASH160 <hash> OP_EQUAL
            return [0xa9, 20] + hash + [0x87]
        }
        throw foreign(
            text, network,
            Network.allCases.filter {
                $0.prefixes.publicKeyHash.contains(version) || $0.prefixes.scriptHash.contains(version)
            })
    }

    private static func foreign(_ text: String, _ network: Network, _ owners: [Network]) -> MiningError {
        let owner =
            owners.isEmpty
            ? "of no network that is known here" : "one of " + owners.map(\.rawValue).joined(separator: " or ")
        return AddressContent.invalid(
            text, "is \(owner) and not of \(network.rawValue); name an address of \(network.rawValue)")
    }
}

/// What the text of an address stands for, on whatever network.
private enum AddressContent {
    /// A human-readable part and a program.
    case program(String, WitnessProgram)
    /// A version byte and a hash of 20 bytes.
    case hash(UInt8, [UInt8])

    init(_ text: String) throws(MiningError) {
        let prefix = text.lowercased().split(separator: "1", maxSplits: 1).first.map(String.init) ?? ""
        if Network.extensionBlockPrefixes.contains(prefix) {
            throw Self.invalid(
                text,
                "is on the extension block (MWEB), where a coinbase cannot pay to; name one that begins otherwise, and peg in from there"
            )
        }
        if let bech32 = Bech32(text) {
            guard let program = WitnessProgram(bech32) else {
                throw Self.invalid(
                    text, "holds no witness program that its version allows; copy it again from the wallet")
            }
            self = .program(bech32.prefix, program)
        } else if text.utf8.count <= 64, let bytes = Base58.decodeChecked(text), bytes.count == 21 {
            self = .hash(bytes[0], Array(bytes.dropFirst()))
        } else {
            throw Self.invalid(
                text,
                "is mistyped: it is neither base58 nor bech32 with a right checksum; copy it again from the wallet")
        }
    }

    static func invalid(_ text: String, _ problem: String) -> MiningError {
        MiningError(.invalidAddress, "the address '\(text.prefix(120))' \(problem)")
    }
}
