/// A block template without its transactions: what a reader needs who watches the work but does not build blocks.
public struct TemplateHeader: Codable, Sendable, Hashable {
    /// The block version to use, with its signalling bits.
    public var version: Int32
    /// Hash of the block to build on, 64 hexadecimal digits.
    public var previousBlockHash: String
    /// The height of the block to be mined.
    public var height: Int
    /// The compact form of the target: 8 hexadecimal digits.
    public var bits: String
    /// The number that the block's proof of work must not exceed: 64 hexadecimal digits.
    public var target: String
    /// The daemon's time when it made the template, in seconds since 1970.
    public var currentTime: Int64
    /// The earliest block time allowed, in seconds since 1970.
    public var minimumTime: Int64
    /// What the coinbase may pay out, in the coin's smallest unit, fees included.
    public var coinbaseValue: Int64
    /// How many transactions the template holds beside the coinbase.
    public var transactionCount: Int
    /// The fees of those transactions together, in the coin's smallest unit.
    public var totalFee: Int64

    enum CodingKeys: String, CodingKey {
        case version
        case previousBlockHash = "previousblockhash"
        case height
        case bits
        case target
        case currentTime = "curtime"
        case minimumTime = "mintime"
        case coinbaseValue = "coinbasevalue"
        case transactionCount
        case totalFee
    }

    /// The header of `template`.
    public init(_ template: BlockTemplate) {
        version = template.version
        previousBlockHash = template.previousBlockHash
        height = template.height
        bits = template.bits
        target = template.target
        currentTime = template.currentTime
        minimumTime = template.minimumTime
        coinbaseValue = template.coinbaseValue
        transactionCount = template.transactions.count
        totalFee = template.totalFee
    }
}
