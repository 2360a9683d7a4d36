/// One who is paid by the coinbase, and in which proportion to the others.
///
/// The coinbase value is split by weight, each part rounded down; what is left over goes to the first payout.
public struct Payout: Codable, Sendable, Hashable {
    /// The output script, as hexadecimal bytes.
    public var script: String
    /// The share in the sum of all weights; above zero.
    public var weight: Int

    /// A payout to an output script of hexadecimal bytes.
    public init(script: String, weight: Int = 1) {
        self.script = script
        self.weight = weight
    }

    /// A payout to an address.
    public init(to address: Address, weight: Int = 1) {
        self.init(script: Hex.encode(address.script), weight: weight)
    }
}
