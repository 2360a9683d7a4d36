/// Space is won back from the oldest segment: what is still needed of it is written anew at the end, then the file goes.
extension SegmentLog {
    /// The oldest segment if it should go: nothing in it is needed, or more of the log is not needed than is. At the bound of the disk the
    /// ratio does not matter, as long as going on wins something: without that, one record that is needed for good would halve the bound.
    private var candidate: LogIndex.Segment? {
        index.with { [options] index in
            guard index.segments.count > 1, let oldest = index.segments.first else { return nil }
            let (disk, live) = (index.diskBytes, index.liveBytes)
            if oldest.liveBytes == 0 || disk - live > max(options.segmentBytes, live) { return oldest }
            guard disk + options.segmentBytes > options.maximumDiskBytes else { return nil }
            return disk - live > options.segmentBytes || oldest.bytes > 2 * oldest.liveBytes ? oldest : nil
        }
    }

    /// Whether there is something for ``compact(budget:)`` to do.
    var hasToCompact: Bool { moving != nil || candidate != nil }

    /// Does a bounded part of the work, if there is any.
    ///
    /// - Parameter budget: how much is copied at most, to within one record. Four times as much is looked at: what is not needed any more takes
    ///   time, too, while records wait.
    func compact(budget: Int) throws(DurableQueueError) {
        if moving == nil { moving = try beginMoving() }
        guard var rest = moving else { return }
        var moved: [StoreRecord] = []
        var bytes = 0
        let end = rest.offset + min(rest.bytes.count - rest.offset, 4 * budget)
        while bytes < budget, rest.offset < end {
            let frame = try nextFrame(of: &rest)
            guard let record = try keptRecord(at: frame, of: rest) else { continue }
            moved.append(record)
            bytes += frame.range.count
        }
        publish(try write(moved))
        self.moving = rest
        if rest.offset >= rest.bytes.count { try removeMoved(rest) }
    }

    /// Removes segments from the oldest on for as long as nothing in them is needed.
    func removeUnneeded() throws(DurableQueueError) {
        while moving == nil, let oldest = candidate, oldest.liveBytes == 0 { try compact(budget: 0) }
    }

    private func beginMoving() throws(DurableQueueError) -> Moving? {
        guard let oldest = candidate else { return nil }
        guard oldest.liveBytes > 0 else { return Moving(segment: oldest, bytes: [], offset: 0) }
        do {
            let bytes = try oldest.file.read(at: 0, count: oldest.bytes)
            return Moving(segment: oldest, bytes: bytes, offset: SegmentHeader.bytes)
        } catch { throw DurableQueueError(error, while: "reading a segment to compact it") }
    }

    private func nextFrame(of moving: inout Moving) throws(DurableQueueError) -> RecordFrame {
        guard
            let frame = RecordFrame.read(
                moving.bytes, at: moving.offset, segment: moving.segment.number, expecting: 0...(.max))
        else { throw .corrupted(moving.segment.file.path, moving.offset, "a record that was written whole is not") }
        moving.offset = frame.range.upperBound
        return frame
    }

    /// What has to be written anew of a record: the entry as it is now, if this is where its payload is.
    private func keptRecord(at frame: RecordFrame, of moving: Moving) throws(DurableQueueError) -> StoreRecord? {
        guard let record = coding.decode(moving.bytes[frame.body]) else {
            throw .corrupted(moving.segment.file.path, frame.range.lowerBound, "a whole record makes no sense")
        }
        let (identity, payload): (EntryIdentity, [UInt8])
        switch record {
        case .add(let entry): (identity, payload) = (entry.identity, entry.payload)
        case .keep(let stored, let bytes): (identity, payload) = (stored.identity, bytes)
        case .mark(_, let origin):
            let place = index.with { $0.table.marks[origin]?.place }
            let isHere = place?.segment == moving.segment.number && place?.offset == frame.range.lowerBound
            return isHere ? record : nil
        default: return nil
        }
        guard let slot = index.with({ $0.table[identity] }), slot.place.segment == moving.segment.number,
            slot.place.offset == frame.range.lowerBound
        else { return nil }
        return .keep(slot.stored, payload: slot.stored.progress.hasPayload ? payload : [])
    }

    private func removeMoved(_ moved: Moving) throws(DurableQueueError) {
        try synchronize()
        do { try fileSystem.remove(moved.segment.file.path) } catch {
            throw DurableQueueError(error, while: "removing a segment that is not needed any more")
        }
        do { try fileSystem.synchronizeFolder(folder) } catch { throw .syncFailed(error) }
        index.with { $0.remove(moved.segment.number) }
        moving = nil
    }
}

extension DurableQueueError {
    static func corrupted(_ path: String, _ offset: Int, _ what: String) -> DurableQueueError {
        DurableQueueError(
            .corrupted,
            "reading \(path) failed at byte \(offset): \(what), although it had been forced to the disk; nothing was changed: check the disk, "
                + "bring the file back from a copy, or move the folder away to begin anew without what is in it")
    }
}
