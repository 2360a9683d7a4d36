internal import CZeroMQ

/// One frame of a message. Its bytes stay where libzmq put them and are read in place.
///
/// Immutable, so it may be read on any thread and as often as liked; the bytes are freed with the last copy of the frame. It is
/// sent from one loop's thread.
public struct Frame: @unchecked Sendable {
    let storage: FrameStorage

    /// A frame without bytes, such as the delimiter of an envelope. Costs nothing.
    public static let empty = Frame(storage: .make { zmq_msg_init($0) })

    /// From this size on, in bytes, the array is handed to libzmq as it is instead of being copied.
    static let zeroCopyThreshold = 64 * 1024

    init(storage: FrameStorage) { self.storage = storage }

    /// Makes a frame of an array's bytes: copied once, or kept where they are when there are 64 KiB or more of them.
    public init(_ bytes: [UInt8]) {
        if bytes.count >= Self.zeroCopyThreshold {
            self.storage = .retaining(bytes)
        } else {
            self = bytes.withUnsafeBytes { Frame(copying: $0) }
        }
    }

    /// Makes a frame of the UTF-8 bytes of a string.
    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// Makes a frame with a copy of `bytes`.
    public init(copying bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            self = .empty
        } else {
            self.storage = .make { message in
                FrameStorage.requireMemory(zmq_msg_init_size(message, bytes.count), for: bytes.count)
                zmq_msg_data(message).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
            }
        }
    }

    /// How many bytes it has.
    public var count: Int { storage.header.count }

    /// Whether it has no bytes.
    public var isEmpty: Bool { count == 0 }

    /// Reads the bytes in place. The pointer is valid during `body`.
    @inline(__always)
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(storage.header)
    }

    /// The bytes where they lie, for a holder that keeps ``owner`` for as long as it reads them.
    public var unsafeBytes: UnsafeRawBufferPointer { storage.header }

    /// What keeps ``unsafeBytes`` in place and unchanged.
    public var owner: AnyObject { storage }

    /// A copy of the bytes.
    public var bytes: [UInt8] { withBytes { Array($0) } }
}

extension Frame: Hashable {
    /// Whether both have the same bytes.
    public static func == (left: Frame, right: Frame) -> Bool {
        left.storage === right.storage || left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: $0) }
    }
}

extension Frame: CustomStringConvertible {
    /// The text when it is short and printable, the number of bytes otherwise.
    public var description: String {
        let printable = count <= 64 && withBytes { $0.allSatisfy { (0x20..<0x7f).contains($0) } }
        return printable ? withBytes { "“\(String(decoding: $0, as: UTF8.self))”" } : "\(count) bytes"
    }
}
