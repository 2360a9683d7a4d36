internal import FoundationEssentials

// A mark: the origin, the epoch granted, the position, the roster; what is not there is a zero byte.
extension RecordCoding {
    func put(_ mark: ReplicaMark, of origin: UUID, into writer: inout ByteWriter) {
        writer.put(origin)
        putIfThere(mark.granted, into: &writer) { put($0, into: &$1) }
        putIfThere(mark.position, into: &writer) { put($0, into: &$1) }
        putIfThere(mark.roster, into: &writer) { put($0, into: &$1) }
    }

    func mark(_ reader: inout ByteReader) -> StoreRecord? {
        guard let origin = reader.uuid(), let granted = ifThere(&reader, epoch),
            let position = ifThere(&reader, position), let roster = ifThere(&reader, roster)
        else { return nil }
        var mark = ReplicaMark()
        (mark.granted, mark.position, mark.roster) = (granted, position, roster)
        return .mark(mark, of: origin)
    }

    func putIfThere<Value>(
        _ value: Value?, into writer: inout ByteWriter, _ put: (Value, inout ByteWriter) -> Void
    ) {
        writer.bytes.append(value == nil ? 0 : 1)
        if let value { put(value, &writer) }
    }

    /// The outer nil: it makes no sense.
    func ifThere<Value>(_ reader: inout ByteReader, _ read: (inout ByteReader) -> Value?) -> Value?? {
        guard let isThere: UInt8 = reader.number() else { return nil }
        guard isThere == 1 else { return .some(nil) }
        return read(&reader).map { .some($0) }
    }

    func put(_ epoch: TakeoverEpoch, into writer: inout ByteWriter) {
        writer.putVariable(epoch.number)
        writer.put(epoch.owner.name)
    }

    func put(_ position: ReplicaPosition, into writer: inout ByteWriter) {
        put(position.epoch, into: &writer)
        writer.put(position.number)
    }

    func put(_ roster: Roster, into writer: inout ByteWriter) {
        writer.putVariable(roster.replicas)
        writer.putVariable(roster.groups.count)
        for group in roster.groups {
            writer.putVariable(group.count)
            for member in group.sorted() { writer.put(member.name) }
        }
    }

    func epoch(_ reader: inout ByteReader) -> TakeoverEpoch? {
        guard let number = reader.variable(), let owner = reader.text() else { return nil }
        return TakeoverEpoch(number: number, owner: MemberID(owner))
    }

    func position(_ reader: inout ByteReader) -> ReplicaPosition? {
        guard let epoch = epoch(&reader), let number = reader.number(UInt64.self) else { return nil }
        return ReplicaPosition(epoch: epoch, number: number)
    }

    func roster(_ reader: inout ByteReader) -> Roster? {
        guard let replicas = reader.variable(), replicas <= UInt64(Int16.max), let count = reader.count(), count > 0
        else { return nil }
        var groups: [Set<MemberID>] = []
        for _ in 0..<count {
            guard let group = members(&reader) else { return nil }
            groups.append(group)
        }
        return Roster(replicas: Int(replicas), groups: groups)
    }
}
