internal import CZeroMQ

extension Socket {
    /// Sets every option; the order does not matter before the first bind or connect.
    func apply(_ options: SocketOptions) throws(ZeroMQError) {
        try set(ZMQ_LINGER, "linger", options.linger)
        try set(ZMQ_SNDHWM, "sendHighWaterMark", options.sendHighWaterMark)
        try set(ZMQ_RCVHWM, "receiveHighWaterMark", options.receiveHighWaterMark)
        try setInt64(ZMQ_MAXMSGSIZE, "maximumMessageBytes", options.maximumMessageBytes)
        try set(ZMQ_HANDSHAKE_IVL, "handshakeInterval", options.handshakeInterval)
        try set(ZMQ_HEARTBEAT_IVL, "heartbeatInterval", options.heartbeatInterval)
        try set(ZMQ_HEARTBEAT_TIMEOUT, "heartbeatTimeout", options.heartbeatTimeout)
        try set(ZMQ_HEARTBEAT_TTL, "heartbeatTimeToLive", options.heartbeatTimeToLive)
        try set(ZMQ_RECONNECT_IVL, "reconnectInterval", options.reconnectInterval)
        try set(ZMQ_RECONNECT_IVL_MAX, "maximumReconnectInterval", options.maximumReconnectInterval)
        try set(ZMQ_IMMEDIATE, "immediate", options.immediate ? 1 : 0)
        try set(ZMQ_TCP_MAXRT, "maximumTCPRetransmission", options.maximumTCPRetransmission)
        try set(ZMQ_IPV6, "ipv6", options.ipv6 ? 1 : 0)
        try set(ZMQ_BACKLOG, "backlog", options.backlog)
        if kind == .router { try set(ZMQ_ROUTER_MANDATORY, "routerMandatory", options.routerMandatory ? 1 : 0) }
        if let keepalive = options.tcpKeepalive { try apply(keepalive) }
        if let routingID = options.routingID { try set(routingID: routingID) }
    }

    private func apply(_ keepalive: SocketOptions.TCPKeepalive) throws(ZeroMQError) {
        try set(ZMQ_TCP_KEEPALIVE, "tcpKeepalive", 1)
        try set(ZMQ_TCP_KEEPALIVE_IDLE, "tcpKeepalive.idle", Int(keepalive.idle.components.seconds))
        try set(ZMQ_TCP_KEEPALIVE_INTVL, "tcpKeepalive.interval", Int(keepalive.interval.components.seconds))
        try set(ZMQ_TCP_KEEPALIVE_CNT, "tcpKeepalive.count", keepalive.count)
    }

    private func set(routingID: [UInt8]) throws(ZeroMQError) {
        let status = zmq_setsockopt(handle, ZMQ_ROUTING_ID, routingID, routingID.count)
        try checkOption(status, "routingID of \(routingID.count) bytes")
    }

    private func set(_ option: Int32, _ name: String, _ value: Duration) throws(ZeroMQError) {
        try set(option, name, value.wholeMilliseconds)
    }

    private func set(_ option: Int32, _ name: String, _ value: Int) throws(ZeroMQError) {
        var raw = Int32(clamping: value)
        try checkOption(zmq_setsockopt(handle, option, &raw, MemoryLayout<Int32>.size), "\(name)=\(value)")
    }

    private func setInt64(_ option: Int32, _ name: String, _ value: Int) throws(ZeroMQError) {
        var raw = Int64(value)
        try checkOption(zmq_setsockopt(handle, option, &raw, MemoryLayout<Int64>.size), "\(name)=\(value)")
    }

    private func checkOption(_ status: Int32, _ setting: String) throws(ZeroMQError) {
        guard status == 0 else {
            throw ZeroMQError(
                operation: "setting", subject: "\(setting) (socket “\(name)”)", invalid: .invalidOption)
        }
    }
}

extension Duration {
    /// Rounded up, so that a short time never becomes none.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
