internal import CZeroMQ

/// The `zmq_msg_t` of a frame at an address that never changes: libzmq keeps short messages inside of it.
///
/// The header is where the bytes are, so that reading them takes no call.
final class FrameStorage: ManagedBuffer<UnsafeRawBufferPointer, zmq_msg_t> {
    deinit {
        _ = withUnsafeMutablePointerToElements { zmq_msg_close($0) }
    }

    /// Makes a storage whose message `initialize` initializes.
    @inline(__always)
    static func make(_ initialize: (UnsafeMutablePointer<zmq_msg_t>) -> Void) -> FrameStorage {
        let buffer = create(minimumCapacity: 1) { buffer in
            buffer.withUnsafeMutablePointerToElements { message in
                initialize(message)
                return UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
            }
        }
        return unsafeDowncast(buffer, to: FrameStorage.self)
    }

    /// Takes over what `received` holds and leaves it empty.
    @inline(__always)
    static func moving(_ received: UnsafeMutablePointer<zmq_msg_t>) -> FrameStorage {
        make { message in
            zmq_msg_init(message)
            zmq_msg_move(message, received)
        }
    }

    /// Lends an array to libzmq, which releases it on a thread of its own when the last message with it is gone.
    static func retaining(_ bytes: [UInt8]) -> FrameStorage {
        let owner = Unmanaged.passRetained(ArrayOwner(bytes))
        return bytes.withUnsafeBytes { raw in
            make { message in
                let start = UnsafeMutableRawPointer(mutating: raw.baseAddress)
                let status = zmq_msg_init_data(message, start, raw.count, releaseArray, owner.toOpaque())
                requireMemory(status, for: raw.count)
            }
        }
    }

    /// Like everything in Swift, stops the program when there is no memory.
    @inline(__always)
    static func requireMemory(_ status: Int32, for count: Int) {
        precondition(status == 0, "no memory for a message of \(count) bytes")
    }
}

/// Keeps an array's buffer in place: while it holds its reference nobody can change the buffer.
private final class ArrayOwner: Sendable {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
}

private func releaseArray(_ data: UnsafeMutableRawPointer?, _ owner: UnsafeMutableRawPointer?) {
    Unmanaged<ArrayOwner>.fromOpaque(owner!).release()
}
