internal import CZeroMQ
internal import EventLoop

extension Socket {
    /// Receives one message if one is there; nil otherwise.
    public func receive() throws(ZeroMQError) -> Multipart? {
        var message = Multipart()
        return try receive(into: &message) ? message : nil
    }

    /// Receives one message, if one is there, in place of what `message` held; its room is used again.
    ///
    /// - Returns: Whether there was one.
    public func receive(into message: inout Multipart) throws(ZeroMQError) -> Bool {
        let handle = try opened("receiving from")
        message.removeAll()
        guard try receiveFrame(of: handle) else { return false }
        while true {
            let hasMore = zmq_msg_more(scratch.message) != 0
            if message.frames.count < options.maximumFrames {
                message.frames.append(takeFrame())
            } else {
                message.droppedFrames += 1
            }
            // The frames of a message arrive together, so the next one is there.
            guard hasMore, try receiveFrame(of: handle) else { break }
        }
        return true
    }

    /// Hands every message to `receive`, on the loop's thread, until ``stop()`` or ``close()``.
    ///
    /// - Parameters:
    ///   - batch: How many messages are taken before the loop turns to what else it has to do; few, so that what they set off
    ///     leaves while the next ones are read.
    ///   - receive: Gets each message.
    ///   - failed: Gets the error when libzmq refuses to receive, which ends the receiving.
    public func start(
        batch: Int = 32, receive: @escaping (Multipart) -> Void, failed: @escaping (ZeroMQError) -> Void
    ) throws(ZeroMQError) {
        let handle = try opened("receiving from")
        stop()
        registration = loop.register(socket: handle, name: "socket “\(name)”") { _ in
            self.drain(batch: batch, receive: receive, failed: failed)
        }
    }

    /// Stops handing messages over; they wait in the socket. Does nothing when nothing was started.
    public func stop() {
        guard let started = registration else { return }
        registration = nil
        loop.deregister(started)
    }

    private func drain(batch: Int, receive: (Multipart) -> Void, failed: (ZeroMQError) -> Void) {
        // The array is used again as long as nobody has kept the last message.
        var message = reception
        reception = Multipart()
        defer { reception = message }
        do throws(ZeroMQError) {
            var remaining = batch
            while remaining > 0, registration != nil, try self.receive(into: &message) {
                receive(message)
                remaining -= 1
            }
            if remaining == 0, let registration { loop.callAgain(registration) }
        } catch {
            stop()
            failed(error)
        }
        message.removeAll()
    }

    /// Receives a frame into the scratch; false when there is none.
    @inline(__always)
    private func receiveFrame(of handle: UnsafeMutableRawPointer) throws(ZeroMQError) -> Bool {
        while zmq_msg_recv(scratch.message, handle, ZMQ_DONTWAIT) < 0 {
            let number = ErrorNumber.last
            if number == .again { return false }
            guard number == .interrupted else {
                throw ZeroMQError(number, operation: "receiving from", subject: "socket “\(name)”")
            }
        }
        return true
    }

    @inline(__always)
    private func takeFrame() -> Frame {
        zmq_msg_size(scratch.message) == 0 ? .empty : Frame(storage: .moving(scratch.message))
    }
}
