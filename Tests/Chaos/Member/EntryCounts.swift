internal import DurableQueue

/// What became of the entries of an origin, as far as a member holds them.
struct EntryCounts: Codable, Sendable, Hashable {
    var completed = 0
    var unfinished = 0
    var dead = 0

    init(_ entries: [StoredEntry]) {
        for entry in entries {
            switch entry.progress.status {
            case .completed: completed += 1
            case .dead: dead += 1
            case .waiting, .running: unfinished += 1
            }
        }
    }
}
