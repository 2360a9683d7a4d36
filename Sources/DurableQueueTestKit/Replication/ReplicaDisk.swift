internal import DurableQueue

/// The disk of a member in the simulation: what was forced to it, and what is on its way and goes with the power.
struct ReplicaDisk: Sendable {
    struct Item: Sendable {
        var records: [ReplicaRecord] = []
        var mark: ReplicaMark?
        /// The number of the member's write, if it is to be told.
        var write: UInt64?
        /// Whether the records are entries taken in or taken back here, which the others are told once it is on the disk.
        var isIntake = false
    }

    private(set) var mark = ReplicaMark()
    private(set) var entries: [UInt64: Entry] = [:]
    private(set) var finished: Set<UInt64> = []
    private(set) var pending: [Item] = []
    var unfinished: Set<UInt64> { Set(entries.keys).subtracting(finished) }

    mutating func write(_ item: Item) { pending.append(item) }

    /// Forces the first so many to the disk.
    mutating func synchronize(_ count: Int) -> [Item] {
        let items = Array(pending.prefix(count))
        pending.removeFirst(items.count)
        for item in items { apply(item) }
        return items
    }

    /// Loses what was not forced, but for as much as happened to get there.
    mutating func losePower(keeping count: Int) {
        _ = synchronize(count)
        pending = []
    }

    /// What readers see: what is on its way too.
    var visible: ReplicaDisk {
        var disk = self
        _ = disk.synchronize(pending.count)
        return disk
    }

    /// What is known of these entries.
    func records(of sequences: [UInt64], at time: Timestamp) -> [ReplicaRecord] {
        sequences.flatMap { sequence -> [ReplicaRecord] in
            guard let entry = entries[sequence] else { return [] }
            return finished.contains(sequence) ? [.add(entry), .completed([sequence], at: time)] : [.add(entry)]
        }
    }

    private mutating func apply(_ item: Item) {
        for record in item.records {
            switch record {
            case .add(let entry):
                if entries[entry.identity.sequence] == nil { entries[entry.identity.sequence] = entry }
            case .completed(let sequences, _):
                for sequence in sequences where entries[sequence] != nil { finished.insert(sequence) }
            case .buried(let sequence, _): if entries[sequence] != nil { finished.insert(sequence) }
            case .forgotten(let sequences):
                for sequence in sequences { entries[sequence] = nil }
                finished.subtract(sequences)
            case .roster: break
            }
        }
        if let mark = item.mark { self.mark = mark }
    }
}
