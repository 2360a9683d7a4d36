internal import FoundationEssentials

/// Reads the segments of a folder back.
///
/// What was acknowledged is there or the log is not opened; what was not is kept where it is whole, and cut off where it is not. A part that
/// cannot be read is a torn tail only at the very end, and only if nothing behind it says that it had been on the disk.
struct LogRecovery {
    let folder: String
    let fileSystem: any FileSystem
    let origin: UUID

    /// What is there.
    var index = LogIndex()
    var dropped: [DroppedTail] = []
    var recordCount = 0
    /// The number of the next record; nil before the first segment.
    var nextRecord: UInt64?
    /// The highest number that a name of a segment has.
    var highestSegment: UInt64 = 0
    /// The last record that is known to have been on the disk.
    var knownSynced: UInt64 = 0
    /// The segments that hold no record, to be removed once a new one was begun.
    var empty: [String] = []

    private let coding: RecordCoding

    init(folder: String, fileSystem: any FileSystem, origin: UUID) {
        self.folder = folder
        self.fileSystem = fileSystem
        self.origin = origin
        coding = RecordCoding(origin: origin)
    }

    /// Reads everything, and leaves on the disk what was read.
    mutating func run(_ names: [String]) throws(DurableQueueError) {
        let numbers = names.compactMap(SegmentHeader.segment(named:)).sorted()
        highestSegment = numbers.last ?? 0
        var begun: [Begun] = []
        for number in numbers {
            if let segment = try open(number) { begun.append(segment) }
        }
        // One after the other: together they may be more than there is memory.
        for (position, segment) in begun.enumerated() {
            try take(try read(segment), isLast: position == begun.count - 1)
        }
        do { try fileSystem.synchronizeFolder(folder) } catch { throw .syncFailed(error) }
    }

    private struct Begun {
        let header: SegmentHeader
        let file: any OpenFile
    }

    private struct Read {
        let header: SegmentHeader
        let file: any OpenFile
        let bytes: [UInt8]
    }

    /// A segment with a sound header; nil for one that was never begun.
    private mutating func open(_ number: UInt64) throws(DurableQueueError) -> Begun? {
        let path = folder + "/" + SegmentHeader.name(of: number)
        let (file, size, bytes): (any OpenFile, Int, [UInt8])
        do {
            file = try fileSystem.open(path, creating: false)
            size = try file.size()
            bytes = try file.read(at: 0, count: min(size, SegmentHeader.bytes))
        } catch { throw DurableQueueError(error, while: "reading a segment") }
        guard let header = SegmentHeader(bytes), header.origin == origin, header.segment == number else {
            // The header is on the disk before the first record is written.
            guard size <= SegmentHeader.bytes else {
                throw .corrupted(path, 0, "the segment's header is not one of this store")
            }
            dropped.append(
                DroppedTail(
                    path: path, offset: 0, bytes: size, reason: "the segment was never begun to the end"))
            empty.append(path)
            return nil
        }
        return Begun(header: header, file: file)
    }

    private func read(_ segment: Begun) throws(DurableQueueError) -> Read {
        do {
            let bytes = try segment.file.read(at: 0, count: try segment.file.size())
            return Read(header: segment.header, file: segment.file, bytes: bytes)
        } catch { throw DurableQueueError(error, while: "reading a segment") }
    }

    private mutating func take(_ segment: Read, isLast: Bool) throws(DurableQueueError) {
        let first = segment.header.firstRecord
        guard nextRecord ?? first == first else {
            throw .corrupted(
                segment.file.path, 0,
                "it begins with record \(first), where \(nextRecord ?? 0) follows: records between are missing")
        }
        nextRecord = first
        knownSynced = max(knownSynced, first - 1)
        index.begin(
            LogIndex.Segment(
                number: segment.header.segment, firstRecord: first, file: segment.file, bytes: segment.bytes.count))
        index.table.noteSequence(segment.header.highestSequence, of: origin)
        let (end, unsyncedFrom) = try takeRecords(segment)
        if end < segment.bytes.count {
            // Nothing but zeros is the room that is made ahead of the records.
            let contentEnd = max(end, (segment.bytes.lastIndex { $0 != 0 } ?? 0) + 1)
            if end < contentEnd { try checkTail(segment, from: end, through: contentEnd, isLast: isLast) }
            try cut(segment, at: end, isTorn: end < contentEnd)
        }
        if isLast { try force(segment, from: unsyncedFrom, to: end) }
        if nextRecord == first {
            empty.append(segment.file.path)
            index.remove(segment.header.segment)
        }
    }

    /// Takes the records up to the first one that is not whole; where it ended, and where what is not known to be on the disk begins.
    private mutating func takeRecords(_ segment: Read) throws(DurableQueueError) -> (end: Int, unsyncedFrom: Int) {
        var offset = SegmentHeader.bytes
        var starts: [(number: UInt64, offset: Int)] = []
        while let number = nextRecord,
            let frame = RecordFrame.read(
                segment.bytes, at: offset, segment: segment.header.segment, expecting: number...number)
        {
            guard let record = coding.decode(segment.bytes[frame.body]) else {
                throw .corrupted(segment.file.path, offset, "a whole record makes no sense to this version")
            }
            let location = LogLocation(
                segment: segment.header.segment, offset: offset, bytes: frame.range.count,
                payloadBytes: record.payloadBytes)
            index.apply(record, number: number, at: location)
            starts.append((number, offset))
            knownSynced = max(knownSynced, number - UInt64(frame.unsynced) - 1)
            recordCount += 1
            nextRecord = number + 1
            offset = frame.range.upperBound
        }
        return (offset, starts.first { $0.number > knownSynced }?.offset ?? offset)
    }

    /// Refuses when something behind the unreadable part says that it had been on the disk.
    private func checkTail(_ segment: Read, from offset: Int, through end: Int, isLast: Bool) throws(DurableQueueError)
    {
        let missing = nextRecord ?? 0
        guard isLast else {
            throw .corrupted(segment.file.path, offset, "record \(missing) cannot be read, and a later segment follows")
        }
        let last = missing + UInt64(segment.bytes.count)
        var position = offset
        while position < end {
            if let frame = RecordFrame.read(
                segment.bytes, at: position, segment: segment.header.segment, expecting: (missing + 1)...last)
            {
                guard !frame.vouches(for: missing) else {
                    throw .corrupted(
                        segment.file.path, offset, "record \(missing) cannot be read, and record \(frame.number) can")
                }
                position = frame.range.upperBound
            } else {
                position += 1
            }
        }
    }

    private mutating func cut(_ segment: Read, at offset: Int, isTorn: Bool) throws(DurableQueueError) {
        do { try segment.file.truncate(to: offset) } catch {
            throw DurableQueueError(error, while: "cutting off a torn tail")
        }
        index.setBytes(offset, of: segment.header.segment)
        guard isTorn else { return }
        dropped.append(
            DroppedTail(
                path: segment.file.path, offset: offset, bytes: segment.bytes.count - offset,
                reason: "writing record \(nextRecord ?? 0) had not come to an end"))
    }

    /// Puts what was read on the disk. It is written once more before it is forced there: after a failure to synchronize, the system may show
    /// data that it has given up writing, and a second attempt alone would succeed without it.
    private func force(_ segment: Read, from start: Int, to end: Int) throws(DurableQueueError) {
        if start < end {
            do { try segment.file.write(Array(segment.bytes[start..<end]), at: start) } catch {
                throw DurableQueueError(error, while: "writing the end of a segment once more")
            }
        }
        do { try segment.file.synchronize() } catch { throw .syncFailed(error) }
    }
}
