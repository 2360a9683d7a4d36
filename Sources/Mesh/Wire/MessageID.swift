internal import MessagePack

/// What names an event, and through its first event a channel.
///
/// ZeroRPC peers use 32 bytes of hex, strings or integers, and compare with the MessagePack type: whatever came is echoed to
/// the byte. Identifiers made here are 16 bytes: 8 random ones per node, so that no client can guess another's, and a counter.
public struct MessageID: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64
    /// The encoding of a foreign identifier; nil for one of the 16-byte form, which costs no reference then.
    private let foreign: [UInt8]?

    /// Foreign identifiers beyond this are refused, in bytes.
    static let maximumBytes = 256

    /// An identifier of this node's own making.
    public init(node: UInt64, count: UInt64) {
        high = node
        low = count
        foreign = nil
    }

    /// Reads an identifier of any MessagePack type.
    init(from reader: inout MessagePackReader) throws(MessagePackError) {
        let raw = try reader.readRaw()
        if raw.count == 18, raw[0] == 0xC4, raw[1] == 16 {
            high = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            low = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 10, as: UInt64.self))
            foreign = nil
        } else {
            high = 0
            low = 0
            foreign = Array(raw.prefix(Self.maximumBytes + 1))
        }
    }

    /// By the bytes that differ between the identifiers of one node.
    public func hash(into hasher: inout Hasher) {
        if let foreign { hasher.combine(foreign) } else { hasher.combine(high ^ low) }
    }

    /// Whether both are the same bytes.
    public static func == (left: MessageID, right: MessageID) -> Bool {
        left.low == right.low && left.high == right.high && left.foreign == right.foreign
    }

    /// Whether it is short enough to be kept and echoed.
    var isAcceptable: Bool { foreign.map { $0.count <= Self.maximumBytes } ?? true }

    func write(to writer: inout MessagePackWriter) {
        if let foreign { return writer.writeRaw(foreign) }
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { bytes in
            bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            writer.writeBinary(UnsafeRawBufferPointer(bytes))
        }
    }
}

extension MessageID: Comparable {
    /// Of one node's own: older is less.
    public static func < (left: MessageID, right: MessageID) -> Bool {
        guard left.foreign == nil, right.foreign == nil else {
            return (left.foreign ?? []).lexicographicallyPrecedes(right.foreign ?? [])
        }
        return (left.high, left.low) < (right.high, right.low)
    }
}

/// Makes the identifiers of one node.
public struct MessageIDSource: Sendable {
    private let node: UInt64
    private var count: UInt64 = 0

    /// A source whose identifiers start with 64 bits of `random`.
    public init(using random: inout some RandomNumberGenerator) { node = random.next() }

    /// The next identifier; it never comes again.
    public mutating func next() -> MessageID {
        count &+= 1
        return MessageID(node: node, count: count)
    }
}
