internal import FoundationEssentials

/// Messages between members as bytes: the origin, the kind, then the fields in order, numbers variable where they are mostly small.
///
/// An entry takes its payload, its id, its key and about 16 bytes, because the identity is the sequence alone.
struct ReplicaCoding {
    private let records: RecordCoding
    let origin: UUID

    init(origin: UUID) {
        self.origin = origin
        records = RecordCoding(origin: origin)
    }

    private enum Kind: UInt8 {
        case claim = 1
        case granted, refused, fetch, fetched, append, standing, snapshot, installed, resigned, offer, progress,
            dismissed, survey, surveyed
    }

    private enum RecordKind: UInt8 {
        case add = 1
        case completed, buried, forgotten, roster
    }

    /// Messages about any origins, each behind its own.
    static func encode(_ messages: [Outbox.Letter]) -> [UInt8] {
        var writer = ByteWriter()
        writer.putVariable(messages.count)
        for letter in messages {
            writer.put(letter.origin)
            ReplicaCoding(origin: letter.origin).put(letter.message, into: &writer)
        }
        return writer.bytes
    }

    /// Higher numbers, and times further away, make no sense, and what is counted from them would overflow.
    private static let highestNumber: UInt64 = 1 << 62
    private static let furthestTime: Int64 = 1 << 53

    /// The most sequences that the ranges of one call may stand for: a few bytes can name any number of them, and the queue is locked while they
    /// are taken in one by one.
    static let maximumRangedSequences: UInt64 = 50_000_000

    /// Nil when the bytes make no sense, or name more than a queue can hold.
    static func decode(_ bytes: [UInt8]) -> [Outbox.Letter]? {
        var reader = ByteReader(bytes[...])
        guard let count = reader.count() else { return nil }
        var letters: [Outbox.Letter] = []
        var ranged: UInt64 = 0
        for _ in 0..<count {
            guard let origin = reader.uuid(), let message = ReplicaCoding(origin: origin).message(&reader) else {
                return nil
            }
            // The sum cannot overflow: none of the sets has more than the bound.
            if !message.isOfSnapshot { for set in message.sets { ranged += set.count } }
            guard ranged <= maximumRangedSequences else { return nil }
            letters.append(Outbox.Letter(origin: origin, message: message))
        }
        return reader.isAtEnd ? letters : nil
    }

    private func put(_ kind: Kind, _ epoch: TakeoverEpoch, into writer: inout ByteWriter) {
        writer.bytes.append(kind.rawValue)
        records.put(epoch, into: &writer)
    }

    private func put(_ message: ReplicaMessage, into writer: inout ByteWriter) {
        switch message {
        case .claim(let epoch): put(.claim, epoch, into: &writer)
        case .granted(let epoch, let report):
            put(.granted, epoch, into: &writer)
            put(report, into: &writer)
        case .refused(let epoch, let known):
            put(.refused, epoch, into: &writer)
            records.putIfThere(known, into: &writer) { records.put($0, into: &$1) }
        case .fetch(let epoch, let sequences):
            put(.fetch, epoch, into: &writer)
            put(sequences, into: &writer)
        case .fetched(let epoch, let sequences, let found):
            put(.fetched, epoch, into: &writer)
            put(sequences, into: &writer)
            put(found, into: &writer)
        case .append(let append):
            put(.append, append.epoch, into: &writer)
            writer.putVariable(append.after)
            put(append.records, into: &writer)
            writer.put(append.sent.milliseconds)
        case .standing(let standing):
            put(.standing, standing.epoch, into: &writer)
            for number in [standing.synced, standing.resumesAfter] {
                records.putIfThere(number, into: &writer) { $1.putVariable($0) }
            }
            writer.put(standing.sent.milliseconds)
        case .survey(let epoch, let sent):
            put(.survey, epoch, into: &writer)
            writer.put(sent.milliseconds)
        case .surveyed(let epoch, let report, let sent):
            put(.surveyed, epoch, into: &writer)
            put(report, into: &writer)
            writer.put(sent.milliseconds)
        case .snapshot(let part): put(part, into: &writer)
        case .installed(let epoch, let part, let sent):
            put(.installed, epoch, into: &writer)
            writer.putVariable(part)
            writer.put(sent.milliseconds)
        case .resigned(let epoch): put(.resigned, epoch, into: &writer)
        case .dismissed(let position, let roster):
            put(.dismissed, position.epoch, into: &writer)
            writer.putVariable(position.number)
            records.put(roster, into: &writer)
        case .offer(let offer):
            writer.bytes.append(Kind.offer.rawValue)
            put(offer.entries.map { .add($0) }, into: &writer)
            put(offer.asked, into: &writer)
            writer.putVariable(offer.floor)
        case .progress(let progress):
            writer.bytes.append(Kind.progress.rawValue)
            for sequences in [progress.held, progress.completed, progress.dead] { put(sequences, into: &writer) }
        }
    }

    private func message(_ reader: inout ByteReader) -> ReplicaMessage? {
        guard let kind = reader.number(UInt8.self).flatMap(Kind.init) else { return nil }
        if kind == .offer || kind == .progress { return multicast(kind, &reader) }
        guard let epoch = epoch(&reader) else { return nil }
        switch kind {
        case .offer, .progress: return nil
        case .claim: return .claim(epoch)
        case .resigned: return .resigned(epoch)
        case .dismissed:
            guard let number = number(&reader), let roster = records.roster(&reader) else { return nil }
            return .dismissed(ReplicaPosition(epoch: epoch, number: number), roster)
        case .granted: return report(&reader).map { .granted(epoch, $0) }
        case .refused: return records.ifThere(&reader) { self.epoch(&$0) }.map { .refused(epoch, known: $0) }
        case .fetch: return sequences(&reader).map { .fetch(epoch, $0) }
        case .fetched:
            guard let sequences = sequences(&reader), let found = changes(&reader) else { return nil }
            return .fetched(epoch, of: sequences, found)
        case .append:
            guard let after = number(&reader), let found = changes(&reader), let sent = time(&reader) else {
                return nil
            }
            return .append(ReplicaAppend(epoch: epoch, after: after, records: found, sent: sent))
        case .standing:
            guard let synced = records.ifThere(&reader, { $0.variable() }),
                let resumes = records.ifThere(&reader, { $0.variable() }), let sent = time(&reader)
            else { return nil }
            return .standing(ReplicaStanding(epoch: epoch, synced: synced, resumesAfter: resumes, sent: sent))
        case .survey: return time(&reader).map { .survey(epoch, sent: $0) }
        case .surveyed:
            guard let report = report(&reader), let sent = time(&reader) else { return nil }
            return .surveyed(epoch, report, sent: sent)
        case .snapshot: return part(&reader, epoch).map { .snapshot($0) }
        case .installed:
            guard let part = reader.variable(), let sent = time(&reader) else { return nil }
            return .installed(epoch, part: Int(clamping: part), sent: sent)
        }
    }
}

// The parts that messages are made of.
extension ReplicaCoding {
    private func put(_ part: SnapshotPart, into writer: inout ByteWriter) {
        put(.snapshot, part.epoch, into: &writer)
        writer.put(part.survey.milliseconds)
        records.putIfThere(part.position, into: &writer) { records.put($0, into: &$1) }
        writer.putVariable(part.part)
        put(part.records, into: &writer)
        records.putIfThere(part.end, into: &writer) { end, writer in
            writer.putVariable(end.number)
            records.put(end.roster, into: &writer)
            put(end.held, into: &writer)
        }
        writer.put(part.sent.milliseconds)
    }

    private func part(_ reader: inout ByteReader, _ epoch: TakeoverEpoch) -> SnapshotPart? {
        guard let survey = time(&reader), let position = records.ifThere(&reader, { records.position(&$0) }),
            let number = reader.variable(), let found = changes(&reader),
            let end = records.ifThere(&reader, end), let sent = time(&reader)
        else { return nil }
        return SnapshotPart(
            epoch: epoch, survey: survey, position: position, part: Int(clamping: number), records: found, end: end,
            sent: sent)
    }

    private func end(_ reader: inout ByteReader) -> SnapshotPart.End? {
        guard let number = number(&reader), let roster = records.roster(&reader), let held = set(&reader) else {
            return nil
        }
        return SnapshotPart.End(number: number, roster: roster, held: held)
    }

    private func put(_ report: HoldingReport, into writer: inout ByteWriter) {
        records.putIfThere(report.position, into: &writer) { records.put($0, into: &$1) }
        records.putIfThere(report.roster, into: &writer) { records.put($0, into: &$1) }
        for held in [report.unfinished, report.finished] { put(held, into: &writer) }
    }

    private func put(_ set: SequenceSet, into writer: inout ByteWriter) {
        writer.putVariable(set.ranges.count)
        for range in set.ranges {
            writer.putVariable(range.lowerBound)
            writer.putVariable(range.upperBound - range.lowerBound)
        }
    }

    private func multicast(_ kind: Kind, _ reader: inout ByteReader) -> ReplicaMessage? {
        if kind == .progress {
            guard let held = set(&reader), let completed = set(&reader), let dead = set(&reader) else {
                return nil
            }
            return .progress(MulticastProgress(held: held, completed: completed, dead: dead))
        }
        guard let found = changes(&reader), let asked = set(&reader), let floor = number(&reader) else {
            return nil
        }
        let entries = found.compactMap(\.wholeEntry)
        return entries.count == found.count ? .offer(MulticastOffer(entries: entries, asked: asked, floor: floor)) : nil
    }

    private func report(_ reader: inout ByteReader) -> HoldingReport? {
        guard let position = records.ifThere(&reader, { records.position(&$0) }),
            let roster = records.ifThere(&reader, { records.roster(&$0) }), let unfinished = set(&reader),
            let finished = set(&reader)
        else { return nil }
        return HoldingReport(position: position, roster: roster, unfinished: unfinished, finished: finished)
    }

    private func set(_ reader: inout ByteReader) -> SequenceSet? {
        guard let count = reader.count() else { return nil }
        var ranges: [ClosedRange<UInt64>] = []
        var room = Self.maximumRangedSequences
        for _ in 0..<count {
            guard let first = reader.variable(), let length = reader.variable(), length < room else { return nil }
            room -= length + 1
            let (last, overflows) = first.addingReportingOverflow(length)
            guard !overflows else { return nil }
            ranges.append(first...last)
        }
        return SequenceSet(ranges: ranges)
    }

    private func put(_ sequences: [UInt64], into writer: inout ByteWriter) {
        writer.putVariable(sequences.count)
        for sequence in sequences { writer.putVariable(sequence) }
    }

    private func sequences(_ reader: inout ByteReader) -> [UInt64]? {
        list(&reader) { $0.variable() }
    }

    private func list<Value>(_ reader: inout ByteReader, _ read: (inout ByteReader) -> Value?) -> [Value]? {
        guard let count = reader.count() else { return nil }
        var values: [Value] = []
        for _ in 0..<count {
            guard let value = read(&reader) else { return nil }
            values.append(value)
        }
        return values
    }

    private func time(_ reader: inout ByteReader) -> Timestamp? {
        guard let time = reader.number(Int64.self).map(Timestamp.init(milliseconds:)), isPlausible(time) else {
            return nil
        }
        return time
    }

    private func isPlausible(_ time: Timestamp) -> Bool { time.milliseconds.magnitude <= Self.furthestTime.magnitude }

    private func number(_ reader: inout ByteReader) -> UInt64? {
        guard let number = reader.variable(), number <= Self.highestNumber else { return nil }
        return number
    }

    private func epoch(_ reader: inout ByteReader) -> TakeoverEpoch? {
        guard let epoch = records.epoch(&reader), epoch.number <= Self.highestNumber else { return nil }
        return epoch
    }

    private func put(_ changes: [ReplicaRecord], into writer: inout ByteWriter) {
        writer.putVariable(changes.count)
        for change in changes {
            switch change {
            case .add(let entry):
                writer.bytes.append(RecordKind.add.rawValue)
                records.put(entry.header, into: &writer)
                writer.put(entry.payload)
            case .completed(let sequences, let time):
                writer.bytes.append(RecordKind.completed.rawValue)
                put(sequences, into: &writer)
                writer.put(time.milliseconds)
            case .buried(let sequence, let letter):
                writer.bytes.append(RecordKind.buried.rawValue)
                writer.putVariable(sequence)
                records.put(letter, into: &writer)
            case .forgotten(let sequences):
                writer.bytes.append(RecordKind.forgotten.rawValue)
                put(sequences, into: &writer)
            case .roster(let roster):
                writer.bytes.append(RecordKind.roster.rawValue)
                records.put(roster, into: &writer)
            }
        }
    }

    private func changes(_ reader: inout ByteReader) -> [ReplicaRecord]? { list(&reader, change) }

    private func change(_ reader: inout ByteReader) -> ReplicaRecord? {
        switch reader.number(UInt8.self).flatMap(RecordKind.init) {
        case .add:
            guard let header = records.header(&reader), header.identity.origin == origin,
                header.identity.sequence <= Self.highestNumber, isPlausible(header.enqueued),
                let payload = reader.payload()
            else { return nil }
            return .add(Entry(header: header, payload: payload))
        case .completed:
            guard let sequences = sequences(&reader), let time = time(&reader) else { return nil }
            return .completed(sequences, at: time)
        case .buried:
            guard let sequence = reader.variable(), let letter = records.letter(&reader) else { return nil }
            return .buried(sequence, letter)
        case .forgotten: return sequences(&reader).map { .forgotten($0) }
        case .roster: return records.roster(&reader).map { .roster($0) }
        case nil: return nil
        }
    }
}
