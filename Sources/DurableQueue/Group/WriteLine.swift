/// The writes of one origin on their way to the store, in order: one at a time, with all that has gathered behind it.
///
/// So a write that fails is not followed by a later one, whose mark would vouch for what is not there.
struct WriteLine: Sendable {
    private var waiting: [ReplicaHolder.Write] = []
    private var writing: [ReplicaHolder.Write] = []

    mutating func add(_ write: ReplicaHolder.Write) { waiting.append(write) }

    /// What is to be written now, if nothing is: the records, the mark behind them, and the number of the last write among them.
    mutating func next() -> (records: [ReplicaRecord], mark: ReplicaMark, number: UInt64)? {
        guard writing.isEmpty, let last = waiting.last else { return nil }
        swap(&waiting, &writing)
        return (writing.flatMap(\.records), last.mark, last.number)
    }

    /// All of it is on the disk.
    mutating func written() { writing = [] }

    /// It is not: it is tried again with the next.
    mutating func failed() {
        waiting = writing + waiting
        writing = []
    }

    var isEmpty: Bool { waiting.isEmpty && writing.isEmpty }
}
