/// Why a share was refused; the raw value names it in counts and tables.
public enum RejectReason: String, Sendable, Hashable, CaseIterable {
    /// Wrong types, lengths or digits.
    case malformed
    /// The connection has not subscribed.
    case notSubscribed
    /// The worker was not authorized on this connection.
    case unauthorized
    /// The job is not known, or not worth mining any more.
    case stale
    /// It was submitted before.
    case duplicate
    /// It was recorded before: submitted once more since, it may be, the answer was lost with its connection.
    case recordedBefore
    /// Its time is before the earliest or after the latest that the job allows.
    case timeOutOfRange
    /// It changes version bits that were not agreed on.
    case versionBits
    /// The hash is above the target.
    case lowDifficulty
    /// More shares of one job than are kept.
    case tooMany
    /// The server could not compute the hash.
    case failed
    /// The server could not record it.
    case unrecorded

    /// The error code that the miner gets.
    public var code: StratumError.Code {
        switch self {
        case .notSubscribed: .notSubscribed
        case .unauthorized: .unauthorizedWorker
        case .stale: .jobNotFound
        case .duplicate, .recordedBefore: .duplicateShare
        case .lowDifficulty: .lowDifficulty
        case .malformed, .timeOutOfRange, .versionBits, .tooMany, .failed, .unrecorded: .other
        }
    }

    /// Whether the miner, rather than a new block's timing or the server, is to blame: what bans may count.
    public var isInvalid: Bool {
        switch self {
        case .malformed, .notSubscribed, .unauthorized, .duplicate, .timeOutOfRange, .versionBits, .lowDifficulty: true
        case .stale, .recordedBefore, .tooMany, .failed, .unrecorded: false
        }
    }
}
