internal import Synchronization

/// Whether others find this process: the condition `mesh` of its readiness.
///
/// It holds from the first time that the record is listed. A registry that goes away later takes nothing from a process that was
/// found: calls and streams go on without it. That the record may lapse meanwhile is said beside.
final class ListingCondition: Sendable {
    static let name = "mesh"

    private let readiness: Readiness
    /// Held while the readiness is set, too: what is said last has to be what happened last.
    private let wasListed = Mutex(false)

    /// Begins as not ready.
    init(_ readiness: Readiness) {
        self.readiness = readiness
        readiness.set(Self.name, notReady: "not listed in the registry yet")
    }

    /// The registry has listed the record, or renewed it.
    func listed() {
        wasListed.withLock {
            $0 = true
            readiness.setReady(Self.name)
        }
    }

    /// The registry does not list or renew the record at the moment.
    func missed(_ reason: String) {
        wasListed.withLock { wasListed in
            if wasListed {
                readiness.set(
                    Self.name, degraded: "what is connected works on, others may not find this process: \(reason)")
            } else {
                readiness.set(Self.name, notReady: "not listed in the registry yet: \(reason)")
            }
        }
    }
}
