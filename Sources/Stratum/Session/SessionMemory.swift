/// What outlives a connection, so that a miner which comes back with its session id goes on where it was: with its extranonce, its
/// difficulty, and its jobs, whose shares it may have found meanwhile.
///
/// The server keeps it under ``session`` for a while after the connection's end, a bounded number of them, and hands it out once.
public struct SessionMemory: Sendable {
    /// The id under which the miner asks for it.
    public var session: String { extranonce1.hex }
    /// The extranonce of the connection.
    public let extranonce1: Extranonce1

    let vardiff: Vardiff
    let jobs: IssuedJobs
}
