internal import Mining

/// A job as it was issued to one connection: with its own id on the wire, and the difficulty that its shares are checked against.
struct IssuedJob: Sendable {
    /// The id on the wire.
    let id: String
    let work: Work
    let extranonce1: Extranonce1
    let difficulty: Double
    let target: UInt256
    let issued: ContinuousClock.Instant
    /// When the work came to the server, or was confirmed last.
    var known: ContinuousClock.Instant
    /// What was submitted, valid or not yet known to be.
    var submissions: Set<Submission> = []

    /// What tells two shares of a job apart, as numbers: written differently, they are the same.
    struct Submission: Sendable, Hashable {
        let extranonce2: UInt32
        let time: UInt32
        let nonce: UInt32
        let version: UInt32
    }
}
