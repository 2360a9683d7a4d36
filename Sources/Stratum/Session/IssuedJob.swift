internal import Mining

/// A job as it was issued to one connection: with its own id on the wire, and the difficulty that its shares are checked against.
struct IssuedJob: Sendable {
    /// The id on the wire.
    let id: String
    let work: Work
    let extranonce1: Extranonce1
    let difficulty: Double
    let target: UInt256
    /// When other work of the same block took its place.
    var superseded: ContinuousClock.Instant?
}

/// What tells two shares of the same work apart, as numbers: written differently, they are the same.
struct Submission: Sendable, Hashable {
    let extranonce1: Extranonce1
    let extranonce2: UInt32
    let time: UInt32
    let nonce: UInt32
    let version: UInt32
}
