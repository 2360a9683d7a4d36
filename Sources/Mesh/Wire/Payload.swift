/// The bytes of a message or a part of it, read where they lie: whoever received them stays their owner.
public struct Payload: @unchecked Sendable {
    // Unchecked, because the bytes behind the pointer are never written again and live as long as their owner.
    @usableFromInline let owner: AnyObject?
    @usableFromInline let array: [UInt8]
    @usableFromInline let region: UnsafeRawBufferPointer?
    @usableFromInline let range: Range<Int>

    /// Bytes of an array.
    public init(_ bytes: [UInt8]) {
        owner = nil
        array = bytes
        region = nil
        range = bytes.indices
    }

    /// Bytes that belong to `owner`, such as a frame of a transport, and do not change or move while it lives.
    public init(_ bytes: UnsafeRawBufferPointer, ownedBy owner: AnyObject) {
        self.owner = owner
        array = []
        region = bytes
        range = 0..<bytes.count
    }

    private init(part range: Range<Int>, of whole: Payload) {
        owner = whole.owner
        array = whole.array
        region = whole.region
        self.range = range
    }

    /// No bytes.
    public static let empty = Payload([])

    /// How many bytes there are.
    public var count: Int { range.count }

    /// Gives the bytes for the time of the call.
    @inlinable
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // `owner` is a member of self, which the caller holds for the whole call.
        if let region { return try body(UnsafeRawBufferPointer(rebasing: region[range])) }
        let outcome = array.withUnsafeBytes { all in
            Swift.Result { () throws(Failure) in try body(UnsafeRawBufferPointer(rebasing: all[range])) }
        }
        return try outcome.get()
    }

    /// A part of these bytes, without a copy; offsets count from the first of them.
    public func part(_ part: Range<Int>) -> Payload {
        Payload(part: (range.lowerBound + part.lowerBound)..<(range.lowerBound + part.upperBound), of: self)
    }

    /// The bytes as an array of their own.
    public var bytes: [UInt8] { withBytes { Array($0) } }
}
