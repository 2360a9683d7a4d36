internal import ZeroMQ

extension MonitorEvent.HandshakeFailure {
    /// What happened after the connection was accepted, and what to do.
    var words: String {
        switch self {
        // What libzmq's last read said when the handshake's time was over: there was nothing to read.
        case .noDetail(errorName: "EAGAIN"):
            "it accepted the connection and did not answer in time: its process hangs or is frozen; "
                + "look at its log, and continue or restart it"
        case .noDetail(let errorName):
            "the connection broke during the handshake (\(errorName)); is it a ZeroMQ peer of this mesh?"
        case .protocolViolation(let code):
            "its handshake breaks ZeroMQ's protocol (0x\(String(code, radix: 16))); is it a ZeroMQ peer of this mesh?"
        case .authentication(let status):
            "it refused the handshake (ZAP status \(status)); is it a ZeroMQ peer of this mesh?"
        }
    }
}
