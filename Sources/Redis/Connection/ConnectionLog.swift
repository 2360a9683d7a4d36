internal import Logging

/// Says what happens to a connection, in words for an operator. How often is decided by ``ConnectionState``.
struct ConnectionLog: Sendable {
    let logger: Logger

    func write(_ report: ConnectionState.Report) {
        switch report {
        case .connected(let address, _, nil):
            logger.info("Connected to Redis", metadata: ["address": "\(address)"])
        case .connected(let address, let failures, let outage?):
            logger.notice(
                "Connected to Redis again",
                metadata: ["address": "\(address)", "failures": "\(failures)", "outage": "\(outage.inSeconds)"])
        case .lost(let error):
            logger.warning("\(error.message); trying again until it is back")
        case .unreachable(let error, let attempts, let since):
            logger.warning(
                "\(error.message); still trying", metadata: ["attempts": "\(attempts)", "outage": "\(since.inSeconds)"])
        }
    }
}

extension Duration {
    /// To the tenth of a second: `56.4 s`.
    fileprivate var inSeconds: String { "\((self / .milliseconds(100)).rounded() / 10) s" }
}
