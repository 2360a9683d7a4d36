internal import DurableQueue

/// What the disk of a member holds of the entries of one origin.
struct ReplicaDisk: DiskContents {
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
    var unfinished: Set<UInt64> { Set(entries.keys).subtracting(finished) }

    /// What is known of these entries.
    func records(of sequences: [UInt64], at time: Timestamp) -> [ReplicaRecord] {
        sequences.flatMap { sequence -> [ReplicaRecord] in
            guard let entry = entries[sequence] else { return [] }
            return finished.contains(sequence) ? [.add(entry), .completed([sequence], at: time)] : [.add(entry)]
        }
    }

    mutating func apply(_ item: Item) {
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
