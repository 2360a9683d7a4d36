/// A moment as MessagePack's timestamp extension (type -1) holds it: seconds since 1970 in UTC, and nanoseconds.
public struct MessagePackTimestamp: Sendable, Hashable, Comparable {
    /// The extension type of timestamps.
    static let extType: Int8 = -1

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    public let seconds: Int64

    /// Nanoseconds on top of `seconds`, 0 to 999 999 999.
    public let nanoseconds: UInt32

    /// Creates a timestamp; `nanoseconds` of a second or more trap.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        precondition(nanoseconds < 1_000_000_000, "nanoseconds must be below a second")
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// Reads the inside of an extension of type -1, which began at `offset` of its message.
    init(extBytes bytes: UnsafeRawBufferPointer, at offset: Int) throws(MessagePackError) {
        let seconds: Int64
        let nanoseconds: UInt32
        switch bytes.count {
        case 4:
            seconds = Int64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
            nanoseconds = 0
        case 8:
            let both = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
            seconds = Int64(both & (1 << 34 - 1))
            nanoseconds = UInt32(both >> 34)
        case 12:
            nanoseconds = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
            seconds = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self))
        default:
            throw MessagePackError(
                .invalidTimestamp, "a timestamp has 4, 8 or 12 bytes, this one \(bytes.count)", offset: offset)
        }
        guard nanoseconds < 1_000_000_000 else {
            throw MessagePackError(
                .invalidTimestamp, "a timestamp with \(nanoseconds) nanoseconds, which is a second or more",
                offset: offset)
        }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }
}
