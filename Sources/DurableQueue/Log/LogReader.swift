internal import FoundationEssentials

/// Reads records back while others are written. Files that are removed meanwhile stay readable for as long as they are open.
final class LogReader: @unchecked Sendable {
    private let index: SharedLogIndex
    private let coding: RecordCoding
    /// Where the last reading ended, since the next one mostly goes on there. Used by the reader's thread alone.
    private var cursor: (record: UInt64, segment: UInt64, offset: Int)?

    /// How much is read at a time, in bytes, unless a record is larger.
    private static let readBytes = 1 << 20

    init(index: SharedLogIndex, coding: RecordCoding) {
        self.index = index
        self.coding = coding
    }

    func entries(_ identities: [EntryIdentity]) -> Result<[Entry], DurableQueueError> {
        var entries: [Entry] = []
        for identity in identities {
            let found = index.with { index in
                index.table[identity].map { ($0, index.file(of: $0.place.segment)) }
            }
            guard let (slot, file) = found, let file, slot.stored.progress.hasPayload else { continue }
            switch payload(at: slot.place, in: file) {
            case .success(let payload): entries.append(Entry(header: slot.stored.header, payload: payload))
            case .failure(let error): return .failure(error)
            }
        }
        return .success(entries)
    }

    private func payload(at place: LogLocation, in file: any OpenFile) -> Result<[UInt8], DurableQueueError> {
        do throws(FileSystemError) {
            let bytes = try file.read(at: place.offset, count: place.bytes)
            let frame = RecordFrame.read(bytes, at: 0, segment: place.segment, expecting: 0...(.max))
            switch frame.flatMap({ coding.decode(bytes[$0.body]) }) {
            case .add(let entry): return .success(entry.payload)
            case .keep(_, let payload): return .success(payload)
            default: return .failure(.corrupted(file.path, place.offset, "a record that was written whole is not"))
            }
        } catch { return .failure(DurableQueueError(error, while: "reading an entry")) }
    }

    func records(after position: UInt64, limit: Int) -> Result<[NumberedRecord], DurableQueueError> {
        let next = position + 1
        let (last, segment) = index.with { ($0.position, $0.segment(holding: next)) }
        guard next <= last else { return .success([]) }
        guard let segment else { return .failure(.gone(position)) }
        do throws(FileSystemError) {
            return try read(segment, from: next, through: last, limit: limit)
        } catch { return .failure(DurableQueueError(error, while: "reading records")) }
    }

    private func read(
        _ segment: LogIndex.Segment, from first: UInt64, through last: UInt64, limit: Int
    ) throws(FileSystemError) -> Result<[NumberedRecord], DurableQueueError> {
        var (number, offset) = (segment.firstRecord, SegmentHeader.bytes)
        if let cursor, cursor.record == first, cursor.segment == segment.number {
            (number, offset) = (first, cursor.offset)
        }
        var records: [NumberedRecord] = []
        var (bytes, start) = ([] as [UInt8], offset)
        while records.count < limit, number <= last, offset < segment.bytes {
            guard
                let frame = RecordFrame.read(
                    bytes, at: offset - start, segment: segment.number, expecting: number...number)
            else {
                guard start != offset || bytes.isEmpty else {
                    return .failure(.corrupted(segment.file.path, offset, "record \(number) cannot be read"))
                }
                (bytes, start) = (try chunk(of: segment.file, at: offset), offset)
                continue
            }
            if number >= first {
                guard let record = coding.decode(bytes[frame.body]) else {
                    return .failure(.corrupted(segment.file.path, offset, "record \(number) makes no sense"))
                }
                records.append(NumberedRecord(number: number, record: record))
            }
            offset = start + frame.range.upperBound
            number += 1
        }
        cursor = (number, segment.number, offset)
        return .success(records)
    }

    /// As much as is read at a time, or the whole record that begins there where it is larger.
    private func chunk(of file: any OpenFile, at offset: Int) throws(FileSystemError) -> [UInt8] {
        var reader = ByteReader(try file.read(at: offset, count: 4)[...])
        let length = Int(reader.number(UInt32.self) ?? 0)
        return try file.read(at: offset, count: max(Self.readBytes, RecordFrame.headerBytes + length))
    }
}
