/// What a miner chose to solve a piece of work.
public struct Solution: Sendable, Hashable {
    /// The bytes in the middle of the coinbase: the server's part and the miner's.
    public var extranonce: [UInt8]
    /// The block's time, in seconds since 1970.
    public var time: UInt32
    /// The block's nonce.
    public var nonce: UInt32
    /// The block's version, with the bits that the miner rolled.
    public var version: UInt32

    /// A solution from its parts.
    public init(extranonce: [UInt8], time: UInt32, nonce: UInt32, version: UInt32) {
        self.extranonce = extranonce
        self.time = time
        self.nonce = nonce
        self.version = version
    }
}
