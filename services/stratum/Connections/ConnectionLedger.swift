internal import Stratum

/// What is counted for one connection, and what of it was told to the recorder. A value.
struct ConnectionLedger {
    /// Whether there is something new to tell.
    var hasChanged = true
    private let sinceMilliseconds: Int64
    private var acceptedCount = 0
    private var rejectedCount = 0
    private var lastShareMilliseconds: Int64?
    private var told: ConnectionInfo?

    /// Whether the recorder knows of the connection.
    var isTold: Bool { told != nil }

    /// A connection of which nothing is known.
    init(sinceMilliseconds: Int64) { self.sinceMilliseconds = sinceMilliseconds }

    /// A share was accepted.
    mutating func accepted(atMilliseconds milliseconds: Int64) {
        acceptedCount += 1
        lastShareMilliseconds = milliseconds
        hasChanged = true
    }

    /// A share was rejected.
    mutating func rejected() {
        rejectedCount += 1
        hasChanged = true
    }

    /// Tells the recorder of the connection as it is, if that is news.
    mutating func report(
        _ session: Session, address: String, listener: String, proxyID: String?, to recorder: any PoolRecorder
    ) {
        let agent = session.agent.isEmpty ? nil : session.agent
        let isSame =
            !hasChanged && told?.worker == session.workers.first && told?.id == session.extranonce1.hex
            && told?.agent == agent
        guard !isSame else { return }
        hasChanged = false
        let info = ConnectionInfo(
            address: address, listener: listener, proxyID: proxyID, worker: session.workers.first,
            extranonce1: session.extranonce1.hex, difficulty: session.difficulty,
            agent: agent, sinceMilliseconds: sinceMilliseconds,
            accepted: acceptedCount, rejected: rejectedCount, lastShareMilliseconds: lastShareMilliseconds)
        if let told, told.id == info.id {
            recorder.updated(info)
        } else {
            ended(recorder)
            recorder.connected(info)
        }
        told = info
    }

    /// Tells the recorder that the connection it knows is no more.
    func ended(_ recorder: any PoolRecorder) {
        if let told { recorder.disconnected(told) }
    }
}
