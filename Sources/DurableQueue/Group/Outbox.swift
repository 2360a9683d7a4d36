internal import DequeModule
package import FoundationEssentials

/// What is to be sent to the other members, in order for each; one call at a time is under way to a member, with all that has gathered.
///
/// At its bounds what is new is dropped, and what is meant for a member that is not there too: whoever sent it sends it again, because a
/// message that is lost leaves a silence or a gap.
package struct Outbox: Sendable {
    /// A message about the entries of an origin.
    package struct Letter: Sendable, Hashable {
        package let origin: UUID
        package let message: ReplicaMessage
    }

    struct Box: Sendable {
        var letters: Deque<Letter> = []
        var bytes = 0
        var isSending = false
    }

    /// The most that waits for one member.
    static let maximumLetters = 4096
    static let maximumBytes = 64 << 20
    /// The most that goes in one call, unless one message alone has more.
    static let callBytes = 4 << 20

    private var boxes: [MemberID: Box] = [:]

    mutating func add(_ letter: Letter, for member: MemberID) {
        var box = boxes.removeValue(forKey: member) ?? Box()
        defer { boxes[member] = box }
        // Each confirms all that came before: of those that wait the last says everything.
        if case .standing(let new) = letter.message, new.resumesAfter == nil, let last = box.letters.last,
            case .standing(let old) = last.message, last.origin == letter.origin, old.epoch == new.epoch,
            old.resumesAfter == nil
        {
            box.letters[box.letters.count - 1] = letter
            return
        }
        let bytes = letter.message.roughBytes
        guard box.letters.count < Self.maximumLetters, box.bytes + bytes <= Self.maximumBytes || box.bytes == 0 else {
            return
        }
        box.letters.append(letter)
        box.bytes += bytes
    }

    /// What is to be sent now; say ``sent(to:)`` of each member that something is given for.
    ///
    /// - Parameter present: the members that are there.
    package mutating func take(for present: Set<MemberID>) -> [(member: MemberID, letters: [Letter])] {
        var due: [(member: MemberID, letters: [Letter])] = []
        for member in boxes.keys.sorted() {
            guard var box = boxes.removeValue(forKey: member) else { continue }
            guard present.contains(member) || box.isSending else { continue }
            if !box.isSending, !box.letters.isEmpty {
                due.append((member, box.takeLetters()))
                box.isSending = true
            }
            boxes[member] = box
        }
        return due
    }

    /// A call to a member has ended. True if there is more for it.
    package mutating func sent(to member: MemberID) -> Bool {
        boxes[member]?.isSending = false
        return boxes[member].map { !$0.letters.isEmpty } ?? false
    }

    /// Whether there is something for a member that nothing is under way to.
    var hasDue: Bool { boxes.values.contains { !$0.isSending && !$0.letters.isEmpty } }
}

extension Outbox.Box {
    mutating func takeLetters() -> [Outbox.Letter] {
        var taken: [Outbox.Letter] = []
        var size = 0
        while let first = letters.first {
            let next = first.message.roughBytes
            guard taken.isEmpty || size + next <= Outbox.callBytes else { break }
            taken.append(letters.removeFirst())
            size += next
        }
        bytes -= size
        return taken
    }
}

extension ReplicaMessage {
    /// About how large it is.
    var roughBytes: Int {
        let records: [ReplicaRecord] =
            switch self {
            case .append(let append): append.records
            case .snapshot(let part): part.records
            case .fetched(_, _, let found): found
            case .offer(let offer): offer.entries.map { .add($0) }
            default: []
            }
        // A range takes two numbers, of up to ten bytes each and mostly of few.
        return records.reduce(128) { $0 + $1.roughBytes } + sets.reduce(0) { $0 + 10 * $1.ranges.count }
    }
}
