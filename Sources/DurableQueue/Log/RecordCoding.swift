package import FoundationEssentials

/// Records as bytes: the kind, then the fields in order; numbers little-endian or variable, texts and lists with their count before them.
///
/// The store's own origin is not written out but stands as one byte, since nearly every identity has it.
package struct RecordCoding: Sendable {
    let origin: UUID

    /// The coding of the store of an origin.
    package init(origin: UUID) { self.origin = origin }

    /// A record as bytes.
    package func encode(_ record: StoreRecord) -> [UInt8] {
        var writer = ByteWriter()
        encode(record, into: &writer)
        return writer.bytes
    }

    /// A record from its bytes; nil when they make no sense.
    package func decode(_ bytes: [UInt8]) -> StoreRecord? { decode(bytes[...]) }

    private enum Kind: UInt8 {
        case add = 1
        case run, release, fail, complete, bury, revive, forget, held, completedElsewhere, keep, mark
    }

    func encode(_ record: StoreRecord, into writer: inout ByteWriter) {
        switch record {
        case .add(let entry):
            writer.bytes.append(Kind.add.rawValue)
            put(entry.header, into: &writer)
            writer.put(entry.payload)
        case .run(let identities): put(.run, identities, into: &writer)
        case .release(let identities): put(.release, identities, into: &writer)
        case .fail(let identity, let error):
            put(.fail, [identity], into: &writer)
            writer.put(error)
        case .complete(let identities, let time, let keepsPayload):
            put(.complete, identities, into: &writer)
            writer.put(time.milliseconds)
            writer.bytes.append(keepsPayload ? 1 : 0)
        case .bury(let identity, let letter):
            put(.bury, [identity], into: &writer)
            put(letter, into: &writer)
        case .revive(let identity): put(.revive, [identity], into: &writer)
        case .forget(let identities): put(.forget, identities, into: &writer)
        case .held(let identities, let member):
            put(.held, identities, into: &writer)
            writer.put(member.name)
        case .completedElsewhere(let identities, let member):
            put(.completedElsewhere, identities, into: &writer)
            writer.put(member.name)
        case .keep(let stored, let payload):
            writer.bytes.append(Kind.keep.rawValue)
            put(stored.header, into: &writer)
            put(stored.progress, into: &writer)
            writer.put(payload)
        case .mark(let mark, let origin):
            writer.bytes.append(Kind.mark.rawValue)
            put(mark, of: origin, into: &writer)
        }
    }

    func decode(_ bytes: ArraySlice<UInt8>) -> StoreRecord? {
        var reader = ByteReader(bytes)
        guard let kind = reader.number(UInt8.self).flatMap(Kind.init), let record = decode(kind, &reader),
            reader.isAtEnd
        else { return nil }
        return record
    }

    private func decode(_ kind: Kind, _ reader: inout ByteReader) -> StoreRecord? {
        switch kind {
        case .add:
            guard let header = header(&reader), let payload = reader.payload() else { return nil }
            return .add(Entry(header: header, payload: payload))
        case .keep:
            guard let header = header(&reader), let progress = progress(&reader), let payload = reader.payload() else {
                return nil
            }
            return .keep(StoredEntry(header: header, progress: progress), payload: payload)
        case .mark: return mark(&reader)
        default: break
        }
        guard let identities = identities(&reader) else { return nil }
        switch kind {
        case .run: return .run(identities)
        case .release: return .release(identities)
        case .forget: return .forget(identities)
        case .complete:
            guard let time = reader.number(Int64.self), let keeps: UInt8 = reader.number() else { return nil }
            return .complete(identities, at: Timestamp(milliseconds: time), keepsPayload: keeps == 1)
        case .held, .completedElsewhere:
            guard let name = reader.text() else { return nil }
            return kind == .held
                ? .held(identities, by: MemberID(name)) : .completedElsewhere(identities, by: MemberID(name))
        default: break
        }
        guard identities.count == 1 else { return nil }
        switch kind {
        case .fail: return reader.text().map { .fail(identities[0], error: $0) }
        case .bury: return letter(&reader).map { .bury(identities[0], $0) }
        default: return .revive(identities[0])
        }
    }
}

// The parts that records are made of.
extension RecordCoding {
    private func put(_ identity: EntryIdentity, into writer: inout ByteWriter) {
        let isOwn = identity.origin == origin
        writer.bytes.append(isOwn ? 0 : 1)
        if !isOwn { writer.put(identity.origin) }
        writer.putVariable(identity.sequence)
    }

    private func identity(_ reader: inout ByteReader) -> EntryIdentity? {
        guard let mark: UInt8 = reader.number(), let from = mark == 0 ? origin : reader.uuid(),
            let sequence = reader.variable()
        else { return nil }
        return EntryIdentity(origin: from, sequence: sequence)
    }

    private func put(_ kind: Kind, _ identities: [EntryIdentity], into writer: inout ByteWriter) {
        writer.bytes.append(kind.rawValue)
        writer.putVariable(identities.count)
        for identity in identities { put(identity, into: &writer) }
    }

    private func identities(_ reader: inout ByteReader) -> [EntryIdentity]? {
        guard let count = reader.count() else { return nil }
        var identities: [EntryIdentity] = []
        identities.reserveCapacity(count)
        for _ in 0..<count {
            guard let identity = identity(&reader) else { return nil }
            identities.append(identity)
        }
        return identities
    }

    func put(_ header: EntryHeader, into writer: inout ByteWriter) {
        put(header.identity, into: &writer)
        writer.put(header.id.text)
        putOptional(header.key, into: &writer)
        writer.put(header.enqueued.milliseconds)
        writer.putVariable(header.payloadBytes)
    }

    func header(_ reader: inout ByteReader) -> EntryHeader? {
        guard let identity = identity(&reader), let id = reader.text(), let key = optional(&reader),
            let time = reader.number(Int64.self), let size = reader.variable(), size <= UInt64(Int32.max)
        else { return nil }
        return EntryHeader(
            identity: identity, id: EntryID(id), key: key, enqueued: Timestamp(milliseconds: time),
            payloadBytes: Int(size))
    }

    private func putOptional(_ text: String?, into writer: inout ByteWriter) {
        writer.bytes.append(text == nil ? 0 : 1)
        if let text { writer.put(text) }
    }

    private func optional(_ reader: inout ByteReader) -> String?? {
        guard let mark: UInt8 = reader.number() else { return nil }
        guard mark == 1 else { return .some(nil) }
        return reader.text().map { .some($0) }
    }

    func put(_ letter: DeadLetter, into writer: inout ByteWriter) {
        writer.bytes.append(letter.reason.rawValue)
        writer.put(letter.error)
        writer.put(letter.time.milliseconds)
    }

    func letter(_ reader: inout ByteReader) -> DeadLetter? {
        guard let reason = reader.number(UInt8.self).flatMap(DeadLetter.Reason.init), let error = reader.text(),
            let time = reader.number(Int64.self)
        else { return nil }
        return DeadLetter(reason: reason, error: error, time: Timestamp(milliseconds: time))
    }

    private func put(_ progress: EntryProgress, into writer: inout ByteWriter) {
        switch progress.status {
        case .waiting: writer.bytes.append(0)
        case .running: writer.bytes.append(1)
        case .completed(let time):
            writer.bytes.append(2)
            writer.put(time.milliseconds)
        case .dead(let letter):
            writer.bytes.append(3)
            put(letter, into: &writer)
        }
        for count in [progress.runs, progress.failures, progress.crashes] { writer.putVariable(count) }
        putOptional(progress.lastError, into: &writer)
        for members in [progress.holders, progress.completedBy] {
            writer.putVariable(members.count)
            for member in members.sorted() { writer.put(member.name) }
        }
        writer.bytes.append(progress.hasPayload ? 1 : 0)
    }

    private func progress(_ reader: inout ByteReader) -> EntryProgress? {
        var progress = EntryProgress()
        guard let status = status(&reader), let runs = reader.variable(), let failures = reader.variable(),
            let crashes = reader.variable(), let error = optional(&reader), let holders = members(&reader),
            let completedBy = members(&reader), let hasPayload: UInt8 = reader.number()
        else { return nil }
        progress.status = status
        progress.runs = Int(clamping: runs)
        progress.failures = Int(clamping: failures)
        progress.crashes = Int(clamping: crashes)
        progress.lastError = error
        progress.holders = holders
        progress.completedBy = completedBy
        progress.hasPayload = hasPayload == 1
        return progress
    }

    private func status(_ reader: inout ByteReader) -> EntryStatus? {
        switch reader.number(UInt8.self) {
        case 0: .waiting
        case 1: .running
        case 2: reader.number(Int64.self).map { .completed(Timestamp(milliseconds: $0)) }
        case 3: letter(&reader).map { .dead($0) }
        default: nil
        }
    }

    func members(_ reader: inout ByteReader) -> Set<MemberID>? {
        guard let count = reader.count() else { return nil }
        var members: Set<MemberID> = []
        for _ in 0..<count {
            guard let name = reader.text() else { return nil }
            members.insert(MemberID(name))
        }
        return members
    }
}
