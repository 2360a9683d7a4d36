internal import FoundationEssentials

/// The bounds of a log on disk.
public struct SegmentLogOptions: Sendable {
    /// From which size on a segment is closed and the next one begun, in bytes.
    public var segmentBytes = 16 << 20
    /// The most that the folder may take, in bytes; at the bound entries are refused as ``DurableQueueError/Code/full``, while what becomes of
    /// those that are there, and what is held for other members, is still written.
    public var maximumDiskBytes = 4 << 30
    /// How much room is written with zeros ahead of the records, in bytes, so that forcing them to the disk seldom has to wait for the file
    /// system's journal as well; 0 for none. A batch of more than a quarter of it gets none either. It is not counted as taken.
    public var roomBytes = 1 << 20
    /// How much one step of the compaction copies at least, in bytes: what records may have to wait for.
    public var compactionStepBytes = 256 << 10

    /// The defaults.
    public init() {}
}

/// The segments of one folder, written by one thread. Nothing in here waits or decides what to wait for: ``SegmentLogStore`` does.
///
/// Only the last segment is written, and only the oldest one is ever removed, after what is still needed of it was written anew at the end.
/// So the log is always an unbroken run of records, and a number that is missing tells of damage.
final class SegmentLog {
    let folder: String
    let fileSystem: any FileSystem
    let options: SegmentLogOptions
    let coding: RecordCoding
    let index: SharedLogIndex

    /// The segment being written.
    private(set) var active: LogIndex.Segment
    private(set) var nextRecord: UInt64
    /// Every record up to this number is on the disk.
    private(set) var syncedThrough: UInt64
    private(set) var synchronizations = 0
    var moving: Moving?
    private var spare = ByteWriter()
    /// Up to where the active segment has zeros behind its records.
    private var roomEnd = 0
    /// Whether room was refused in this segment, so that it is not tried with every batch.
    private var hasNoRoom = false
    /// Whether a part of what could not be written may be in the way of the next record.
    private var hasRest = false

    /// An oldest segment whose live entries are being written anew at the end.
    struct Moving {
        let segment: LogIndex.Segment
        let bytes: [UInt8]
        var offset: Int
    }

    /// A record that was written and that readers do not see yet.
    struct Written {
        let record: StoreRecord
        let number: UInt64
        let location: LogLocation
    }

    /// Goes on after what was recovered, in a segment of its own: what is in the older ones is never written to again.
    init(
        folder: String, fileSystem: any FileSystem, options: SegmentLogOptions, origin: UUID, index: SharedLogIndex,
        segment: UInt64, nextRecord: UInt64
    ) throws(DurableQueueError) {
        self.folder = folder
        self.fileSystem = fileSystem
        self.options = options
        self.index = index
        self.nextRecord = nextRecord
        coding = RecordCoding(origin: origin)
        syncedThrough = nextRecord - 1
        active = try Self.create(
            segment, in: folder, fileSystem,
            SegmentHeader(
                origin: origin, segment: segment, firstRecord: nextRecord,
                highestSequence: index.with { $0.table.highestSequence(of: origin) }))
        let active = active
        index.with { $0.begin(active) }
    }

    /// Writes records at the end. They are neither on the disk nor seen by readers yet.
    func write(_ records: [StoreRecord]) throws(DurableQueueError) -> [Written] {
        guard !records.isEmpty else { return [] }
        if active.bytes >= options.segmentBytes { try rotate() }
        // Its memory is used again and again: fresh pages cost more than what is written to them.
        var writer = ByteWriter()
        swap(&writer, &spare)
        defer { keep(&writer) }
        writer.bytes.reserveCapacity(records.reduce(0) { $0 + Self.usualBytes + $1.payloadBytes })
        var written: [Written] = []
        written.reserveCapacity(records.count)
        var number = nextRecord
        for record in records {
            let start = writer.bytes.count
            RecordFrame.put(
                number, unsynced: UInt32(clamping: number - 1 - syncedThrough), segment: active.number, into: &writer
            ) { coding.encode(record, into: &$0) }
            let location = LogLocation(
                segment: active.number, offset: active.bytes + start, bytes: writer.bytes.count - start,
                payloadBytes: record.payloadBytes)
            written.append(Written(record: record, number: number, location: location))
            number += 1
        }
        try put(writer.bytes)
        nextRecord = number
        noteSequences(of: records)
        return written
    }

    /// The next segment says how far the sequences have come; it may be begun before readers see these records.
    private func noteSequences(of records: [StoreRecord]) {
        let origin = coding.origin
        let highest = records.reduce(UInt64(0)) { highest, record in
            if case .add(let entry) = record, entry.identity.origin == origin {
                max(highest, entry.identity.sequence)
            } else {
                highest
            }
        }
        if highest > 0 { index.with { $0.table.noteSequence(highest, of: origin) } }
    }

    /// What a record takes besides its payload, usually.
    private static let usualBytes = 128
    /// The most memory that is kept for the next batch.
    private static let spareBytes = 16 << 20

    private func keep(_ writer: inout ByteWriter) {
        guard writer.bytes.capacity <= Self.spareBytes else { return }
        writer.bytes.removeAll(keepingCapacity: true)
        swap(&writer, &spare)
    }

    private func put(_ bytes: [UInt8]) throws(DurableQueueError) {
        do throws(FileSystemError) {
            try cutOffRest()
            hasRest = true
            try active.file.write(bytes, at: active.bytes)
            hasRest = false
        } catch {
            roomEnd = max(roomEnd, active.bytes + bytes.count)
            do throws(FileSystemError) { try cutOffRest() } catch let second {
                // Where nothing may be written now, the rest is cut off before the next record is.
                guard error.kind == .notWritable, second.kind == .notWritable else {
                    throw DurableQueueError(
                        .storeFailed,
                        "writing records failed: \(error); cutting off what was written of them failed too: \(second); nothing more is taken: "
                            + "mend the disk, then start the process again",
                        cause: error)
                }
            }
            throw DurableQueueError(error, while: "writing records")
        }
        active.bytes += bytes.count
        let (number, size) = (active.number, active.bytes)
        index.with { $0.setBytes(size, of: number) }
        makeRoom(after: bytes.count)
    }

    private func cutOffRest() throws(FileSystemError) {
        guard hasRest else { return }
        try active.file.truncate(to: active.bytes)
        (roomEnd, hasRest) = (active.bytes, false)
    }

    /// Writes zeros behind the records when they have come to the end of the last ones.
    private func makeRoom(after batchBytes: Int) {
        guard active.bytes > roomEnd, !hasNoRoom, 4 * batchBytes <= options.roomBytes else { return }
        do {
            try active.file.write([UInt8](repeating: 0, count: options.roomBytes), at: active.bytes)
            roomEnd = active.bytes + options.roomBytes
        } catch {
            // It is there for speed alone; a disk that is full shows with the next records, if they do not fit.
            hasNoRoom = true
        }
    }

    /// Gives back the room that was not needed. What is left of it does no harm.
    private func giveBackRoom() throws(DurableQueueError) {
        guard roomEnd > active.bytes else { return }
        do { try active.file.truncate(to: active.bytes) } catch {
            throw DurableQueueError(error, while: "giving back the rest of a segment")
        }
        (roomEnd, hasRest) = (active.bytes, false)
    }

    /// Forces everything to the disk, and leaves nothing behind the records.
    func finish() throws(DurableQueueError) {
        try giveBackRoom()
        try synchronize()
    }

    /// Forces everything that was written to the disk. After it has thrown, nothing may be written any more.
    func synchronize() throws(DurableQueueError) {
        guard syncedThrough < nextRecord - 1 else { return }
        do { try active.file.synchronize() } catch { throw .syncFailed(error) }
        synchronizations += 1
        syncedThrough = nextRecord - 1
    }

    /// Lets readers see records.
    func publish(_ written: [Written]) {
        index.with { index in
            for record in written { index.apply(record.record, number: record.number, at: record.location) }
        }
    }

    /// Closes the segment, which must be on the disk as a whole before the next one is, and begins the next.
    private func rotate() throws(DurableQueueError) {
        try finish()
        let highest = index.with { [origin = coding.origin] in $0.table.highestSequence(of: origin) }
        let next = try Self.create(
            active.number + 1, in: folder, fileSystem,
            SegmentHeader(
                origin: coding.origin, segment: active.number + 1, firstRecord: nextRecord, highestSequence: highest))
        active = next
        (roomEnd, hasNoRoom) = (0, false)
        index.with { $0.begin(next) }
    }

    /// A segment with its header and its name on the disk.
    private static func create(
        _ number: UInt64, in folder: String, _ fileSystem: any FileSystem, _ header: SegmentHeader
    ) throws(DurableQueueError) -> LogIndex.Segment {
        let path = folder + "/" + SegmentHeader.name(of: number)
        let file: any OpenFile
        do throws(FileSystemError) {
            file = try fileSystem.open(path, creating: true)
            do throws(FileSystemError) { try file.write(header.encoded, at: 0) } catch {
                // So that the next attempt finds the name free.
                try fileSystem.remove(path)
                throw error
            }
        } catch { throw DurableQueueError(error, while: "beginning a segment") }
        do throws(FileSystemError) {
            try file.synchronize()
            try fileSystem.synchronizeFolder(folder)
        } catch { throw .syncFailed(error) }
        return LogIndex.Segment(
            number: number, firstRecord: header.firstRecord, file: file, bytes: SegmentHeader.bytes)
    }
}
