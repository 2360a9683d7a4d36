public import FoundationEssentials

// How long what was completed can be read again, and its id is known.
extension QueueState {
    /// It was completed, or this process has just heard of that.
    mutating func remember(_ identity: EntryIdentity, now: Timestamp) {
        remembered.add(identity, until: now + configuration.dedupeWindow)
    }

    /// A reader's cursor lies at this sequence. Where that is asked for, it lets go of what was completed a window ago and lies at or
    /// before it: a portion, so that it is to be said again until nothing comes of it.
    public mutating func confirm(of other: UUID, through sequence: UInt64, now: Timestamp) -> [Action] {
        guard configuration.forgetting == .onceConfirmed, owned.contains(other) else { return [] }
        return forget(remembered.takeDue(of: other, through: sequence, now: now))
    }

    /// When something is due to be forgotten, as far as time alone decides.
    var nextForgetting: Timestamp? { configuration.forgetting == .afterWindow ? remembered.earliest : nil }

    mutating func forgetDue(now: Timestamp) -> [Action] {
        guard configuration.forgetting == .afterWindow else { return [] }
        return forget(remembered.takeDue(now: now))
    }

    private mutating func forget(_ identities: [EntryIdentity]) -> [Action] {
        var forgotten: [EntryIdentity] = []
        for identity in identities where items[identity]?.phase == .completed && mayForget(identity) {
            remove(identity)
            forgotten.append(identity)
        }
        return forgotten.isEmpty ? [] : [.store(forgetting(forgotten), until: .written, intake: nil)]
    }
}
