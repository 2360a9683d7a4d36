internal import FoundationEssentials
internal import Synchronization

/// Where a record is.
struct LogLocation: Sendable, Hashable {
    let segment: UInt64
    let offset: Int
    let bytes: Int
    /// How many of the bytes are the payload, which may be needed no more before the rest.
    let payloadBytes: Int
}

extension StoreRecord {
    /// How large the payload is that the record carries.
    var payloadBytes: Int {
        switch self {
        case .add(let entry): entry.payload.count
        case .keep(_, let payload): payload.count
        default: 0
        }
    }
}

/// What readers see of a log: the entries, where their payloads are, and the files. Written by the log's thread alone.
struct LogIndex: Sendable {
    struct Segment: Sendable {
        let number: UInt64
        let firstRecord: UInt64
        let file: any OpenFile
        var bytes: Int
        /// What the entries still need of it.
        var liveBytes = 0
    }

    var table = StoreTable<LogLocation>()
    /// In order, the last being written.
    private(set) var segments: [Segment] = []
    /// The number of the last record that readers may see.
    private(set) var position: UInt64 = 0

    /// Those of all segments, kept since every intake asks for them.
    private(set) var diskBytes = 0

    var liveBytes: Int { segments.reduce(0) { $0 + $1.liveBytes } }

    mutating func begin(_ segment: Segment) {
        segments.append(segment)
        diskBytes += segment.bytes
    }

    mutating func remove(_ number: UInt64) {
        setBytes(0, of: number)
        segments.removeAll { $0.number == number }
    }

    mutating func setBytes(_ bytes: Int, of number: UInt64) {
        guard let index = segments.lastIndex(where: { $0.number == number }) else { return }
        diskBytes += bytes - segments[index].bytes
        segments[index].bytes = bytes
    }

    /// The segment that a record is in, by its number.
    func segment(holding record: UInt64) -> Segment? { segments.last { $0.firstRecord <= record } }

    func file(of number: UInt64) -> (any OpenFile)? { segments.last { $0.number == number }?.file }

    mutating func apply(_ record: StoreRecord, number: UInt64, at location: LogLocation) {
        position = number
        Self.apply(record, at: location, to: &table, counting: &segments)
    }

    private static func apply(
        _ record: StoreRecord, at location: LogLocation, to table: inout StoreTable<LogLocation>,
        counting segments: inout [Segment]
    ) {
        func count(_ bytes: Int, in number: UInt64) {
            guard let index = segments.lastIndex(where: { $0.number == number }) else { return }
            segments[index].liveBytes += bytes
        }
        if case .mark(_, let origin) = record {
            if let old = table.marks[origin]?.place { count(-old.bytes, in: old.segment) }
            count(location.bytes, in: location.segment)
        }
        table.apply(record, place: location) { old, new in
            if let old { count(-liveBytes(old), in: old.place.segment) }
            if let new { count(liveBytes(new), in: new.place.segment) }
        }
    }

    private static func liveBytes(_ slot: StoreTable<LogLocation>.Slot) -> Int {
        slot.stored.progress.hasPayload
            ? slot.place.bytes : slot.place.bytes - slot.place.payloadBytes
    }
}

/// The index, shared between the log's thread and its readers.
final class SharedLogIndex: Sendable {
    private let index = Mutex(LogIndex())

    func with<Value: Sendable>(_ body: (inout LogIndex) -> Value) -> Value { index.withLock { body(&$0) } }
}
