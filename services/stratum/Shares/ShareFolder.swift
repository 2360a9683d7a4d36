internal import DurableQueue

/// A folder with a queue of shares, opened: nobody else has it.
struct ShareFolder: Sendable {
    /// Its name below the folder of all instances' queues.
    let name: String
    /// What is in it.
    let store: SegmentLogStore

    /// Whether other servers have, or had, a part in what was taken in here.
    var isReplicated: Bool { store.recovery.marks[store.origin] != nil }
}
