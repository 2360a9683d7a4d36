/// A hash by which blocks are mined.
public protocol ProofOfWork: Sendable {
    /// What it is called, in lower case.
    var name: String { get }
    /// The target of pool difficulty 1.
    var difficulty1: UInt256 { get }
    /// The hash of a block header as the number to compare with a target.
    ///
    /// - Parameter header: 80 bytes.
    /// - Throws: `foreignSolution` for another length, `hashFailed`.
    func hash(header: [UInt8]) throws(MiningError) -> UInt256
}

/// The hashes that there are, by the names that jobs and configurations carry.
public enum ProofOfWorkKind: String, Codable, Sendable, Hashable, CaseIterable {
    /// Litecoin's.
    case scrypt
    /// Bitcoin's.
    case sha256d

    /// The hash itself.
    public var algorithm: any ProofOfWork {
        switch self {
        case .scrypt: Scrypt()
        case .sha256d: SHA256d()
        }
    }
}
