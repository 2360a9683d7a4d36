internal import CZeroMQ

/// What became of a message that was to be sent. Sent means handed to libzmq: a peer that dies now takes it along.
public enum SendResult: Sendable, Hashable {
    /// libzmq has it.
    case sent
    /// The peer's queue is at its high-water mark, or (dealer) there is no peer. Nothing was sent.
    case wouldBlock
    /// No connection to that routing id exists (`EHOSTUNREACH`). Nothing was sent.
    case unroutable
}

extension Socket {
    /// Sends a message of these frames without copying them.
    ///
    /// - Throws: ``ZeroMQError`` when the socket is closed or its context was shut down.
    public func send(_ frames: [Frame]) throws(ZeroMQError) -> SendResult {
        let handle = try opened("sending on")
        for (index, frame) in frames.enumerated() {
            let result = try send(frame, on: handle, more: index < frames.count - 1)
            guard result == .sent else { return result }
        }
        return .sent
    }

    /// Sends `[path..., "", payload]` with one copy of the payload.
    ///
    /// - Parameters:
    ///   - payload: The one frame behind the empty one.
    ///   - path: Whom to; nil on a socket that is not a ROUTER.
    public func send(_ payload: UnsafeRawBufferPointer, to path: RoutingPath?) throws(ZeroMQError) -> SendResult {
        let handle = try opened("sending on")
        let opening = try sendEnvelope(path, on: handle)
        guard opening == .sent else { return opening }
        return try result(zmq_send(handle, payload.baseAddress, payload.count, ZMQ_DONTWAIT))
    }

    /// Sends `[path..., "", payload]`; copied as ``Frame/init(_:)-([UInt8])`` does.
    public func send(_ payload: [UInt8], to path: RoutingPath?) throws(ZeroMQError) -> SendResult {
        guard payload.count < Frame.zeroCopyThreshold else { return try send(Frame(payload), to: path) }
        return try payload.span.bytes.withUnsafeBytes { bytes throws(ZeroMQError) in try send(bytes, to: path) }
    }

    /// Sends `[path..., "", payload]` without copying the payload.
    public func send(_ payload: Frame, to path: RoutingPath?) throws(ZeroMQError) -> SendResult {
        let handle = try opened("sending on")
        let opening = try sendEnvelope(path, on: handle)
        guard opening == .sent else { return opening }
        return try send(payload, on: handle, more: false)
    }

    /// Sends `[peer, "", payload]` with one copy of the payload, to a routing id that lies in a buffer.
    ///
    /// - Parameters:
    ///   - payload: The one frame behind the empty one.
    ///   - peer: The routing id of a direct peer; on a ROUTER only.
    public func send(
        _ payload: UnsafeRawBufferPointer, toPeer peer: UnsafeRawBufferPointer
    ) throws(ZeroMQError) -> SendResult {
        let handle = try opened("sending on")
        let first = try result(zmq_send(handle, peer.baseAddress, peer.count, ZMQ_DONTWAIT | ZMQ_SNDMORE))
        guard first == .sent else { return first }
        let second = try sendEnvelope(nil, on: handle)
        guard second == .sent else { return second }
        return try result(zmq_send(handle, payload.baseAddress, payload.count, ZMQ_DONTWAIT))
    }

    @inline(__always)
    private func sendEnvelope(_ path: RoutingPath?, on handle: UnsafeMutableRawPointer) throws(ZeroMQError)
        -> SendResult
    {
        if let path {
            let first = try send(path.peer, on: handle, more: true)
            guard first == .sent else { return first }
            for hop in path.hops {
                let next = try send(hop, on: handle, more: true)
                guard next == .sent else { return next }
            }
        }
        return try result(zmq_send(handle, nil, 0, ZMQ_DONTWAIT | ZMQ_SNDMORE))
    }

    /// Sends one frame as a second reference to its bytes: the frame stays what it is, whoever else reads it.
    @inline(__always)
    private func send(
        _ frame: Frame, on handle: UnsafeMutableRawPointer, more: Bool
    ) throws(ZeroMQError) -> SendResult {
        let message = scratch.message
        frame.storage.withUnsafeMutablePointerToElements { _ = zmq_msg_copy(message, $0) }
        let sent = try result(zmq_msg_send(message, handle, more ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT))
        if sent != .sent {
            zmq_msg_close(message)
            zmq_msg_init(message)
        }
        return sent
    }

    @inline(__always)
    private func result(_ status: Int32) throws(ZeroMQError) -> SendResult {
        if status >= 0 { return .sent }
        switch ErrorNumber.last {
        case .again, .interrupted: return .wouldBlock
        case .hostUnreachable: return .unroutable
        case let number: throw ZeroMQError(number, operation: "sending on", subject: "socket “\(name)”")
        }
    }
}
