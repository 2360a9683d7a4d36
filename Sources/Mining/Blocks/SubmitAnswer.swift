/// What a coin daemon answered to `submitblock`.
///
/// Source: BIP 22, BIP 23; validation of Bitcoin Core and Litecoin Core.
public enum SubmitAnswer: Sendable, Hashable {
    /// The block is valid and on the daemon's best chain.
    case accepted
    /// The daemon has had the block before, on its best chain or beside it, where it is not checked to the end; ask for its place.
    case duplicate
    /// The daemon has the block and did not check it to the end, because it holds another chain for the best; ask for its place.
    case inconclusive
    /// The daemon refused the block; `canChange` when the same block may be taken later.
    case rejected(reason: String, canChange: Bool)

    /// Reads the result of the call: null is the consent, a text the reason.
    public init(result: String?) {
        switch result {
        case nil: self = .accepted
        case "duplicate": self = .duplicate
        case "inconclusive", "duplicate-inconclusive": self = .inconclusive
        case let reason?: self = .rejected(reason: reason, canChange: !Self.isFinal(reason))
        }
    }

    /// Reads an RPC error; -22 says that the bytes are no block, every other one that the daemon could not do it now.
    public init(errorCode: Int, message: String) {
        self = .rejected(reason: message, canChange: errorCode != -22)
    }

    /// Whether a reason speaks of the block itself, which stays what it is, rather than of the time or of what the daemon knows.
    private static func isFinal(_ reason: String) -> Bool {
        finalReasons.contains(reason) || finalPrefixes.contains { reason.hasPrefix($0) }
    }

    /// Not here: `time-too-new` (time passes), `prev-blk-not-found` (the parent may come), `rejected` (no reason given).
    private static let finalReasons: Set<String> = [
        "high-hash", "time-too-old", "unexpected-witness", "mweb-missing", "duplicate-invalid",
    ]

    private static let finalPrefixes = [
        "bad-", "block-validation-failed", "mandatory-script-verify-flag", "non-mandatory-script-verify-flag",
    ]
}
