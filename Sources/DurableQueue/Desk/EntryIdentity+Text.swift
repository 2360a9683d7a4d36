internal import FoundationEssentials

extension EntryIdentity {
    /// The identity in full, for people to copy: the origin, a slash, the sequence.
    public var text: String { "\(origin.uuidString.lowercased())/\(sequence)" }

    /// The identity that ``text`` stands for; nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let origin = UUID(uuidString: String(parts[0])), let sequence = UInt64(parts[1]) else {
            return nil
        }
        self.init(origin: origin, sequence: sequence)
    }
}
