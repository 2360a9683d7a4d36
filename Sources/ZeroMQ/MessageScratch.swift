internal import CZeroMQ

/// One `zmq_msg_t` at a fixed address, which every receive and send of a socket goes through.
final class MessageScratch {
    let message: UnsafeMutablePointer<zmq_msg_t>

    init() {
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
    }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }
}
