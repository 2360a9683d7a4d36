public import FoundationEssentials

/// One change that a store is told of. A store is the sum of its records, in their order.
///
/// A record about an entry that the store does not hold (it was forgotten, say) changes nothing.
public enum StoreRecord: Hashable, Sendable {
    /// An entry was taken in here, or is held for another member. One that the store holds already stays as it is.
    case add(Entry)
    /// A run of these was begun.
    case run([EntryIdentity])
    /// The run of these was given up without an outcome, because the process ended in good order.
    case release([EntryIdentity])
    /// The run of this one ended with an error.
    case fail(EntryIdentity, error: String)
    /// These were completed; their payloads leave unless they are to be kept until the entries are forgotten.
    case complete([EntryIdentity], at: Timestamp, keepsPayload: Bool)
    /// This one was given up.
    case bury(EntryIdentity, DeadLetter)
    /// This dead letter is to be tried anew; its failures and crashes are counted from 0.
    case revive(EntryIdentity)
    /// These leave the store, and their ids with them.
    case forget([EntryIdentity])
    /// A member holds these.
    case held([EntryIdentity], by: MemberID)
    /// A member has run these.
    case completedElsewhere([EntryIdentity], by: MemberID)
    /// All that is known of an entry, in place of what was; the payload only if ``EntryProgress/hasPayload`` says so.
    case keep(StoredEntry, payload: [UInt8])
    /// How far the replication of an origin has come here, in place of what was.
    case mark(ReplicaMark, of: UUID)
}

extension EntryProgress {
    package mutating func begin() {
        // A run that was begun and never ended took the process with it.
        if case .running = status { crashes += 1 }
        runs += 1
        status = .running
    }

    package mutating func fail(_ error: String) {
        failures += 1
        lastError = error
        status = .waiting
    }

    package mutating func bury(_ letter: DeadLetter) {
        if case .running = status { crashes += 1 }
        status = .dead(letter)
    }

    package mutating func revive() {
        failures = 0
        crashes = 0
        status = .waiting
    }
}
