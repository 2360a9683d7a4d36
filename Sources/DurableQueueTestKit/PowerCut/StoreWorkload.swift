public import DurableQueue
public import FoundationEssentials
internal import Mesh

/// What a seed does to a store, one step after the other.
public struct StoreWorkload: Sendable {
    /// Records that are handed over together.
    public struct Step: Sendable {
        /// The changes.
        public let records: [StoreRecord]
        /// When the step is over.
        public let durability: Durability
    }

    private var random: MeshRandom
    private let origin: UUID
    private var sequence: UInt64 = 0
    private var known: [EntryIdentity] = []

    /// The steps of a seed, for the store of an origin.
    public static func steps(seed: UInt64, count: Int, origin: UUID) -> [Step] {
        var workload = StoreWorkload(random: MeshRandom(seed: seed), origin: origin)
        return (0..<count).map { _ in workload.step() }
    }

    private init(random: MeshRandom, origin: UUID) {
        self.random = random
        self.origin = origin
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func step() -> Step {
        // What is not forgotten is never compacted.
        if known.count > 16, number(0...1) == 0 { return Step(records: [forget()], durability: .synced) }
        let isIntake = known.count < 3 || number(0...9) < 5
        let records = isIntake ? (0..<number(1...4)).map { _ in StoreRecord.add(entry()) } : [change()]
        return Step(records: records, durability: number(0...3) > 0 ? .synced : .written)
    }

    private mutating func entry() -> Entry {
        sequence += 1
        let identity = EntryIdentity(origin: origin, sequence: sequence)
        known.append(identity)
        let size = number(0...9) == 0 ? number(1000...3000) : number(0...120)
        let payload = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return Entry(
            identity: identity, id: EntryID.made(using: &random),
            key: number(0...1) == 0 ? nil : "key \(number(0...3))",
            enqueued: time, payload: payload)
    }

    private var time: Timestamp { Timestamp(milliseconds: 1_700_000_000_000 + Int64(sequence)) }

    private mutating func some() -> [EntryIdentity] {
        let start = number(0...known.count - 1)
        return Array(known[start...].prefix(number(1...5)))
    }

    private mutating func change() -> StoreRecord {
        let some = some()
        switch number(0...12) {
        case 0...2: return .run(some)
        case 3...5: return .complete(some, at: time, keepsPayload: number(0...1) == 0)
        case 6: return .fail(some[0], error: "the disk of the other side is full")
        case 7: return .bury(some[0], DeadLetter(reason: .failures, error: "no use", time: time))
        case 8: return .revive(some[0])
        case 9: return .held(some, by: "stratum-2")
        case 10: return .release(some)
        case 11: return .mark(mark(), of: origin)
        default: return forget()
        }
    }

    private mutating func mark() -> ReplicaMark {
        let epoch = TakeoverEpoch(number: random.next() >> 8, owner: "stratum-2")
        var mark = ReplicaMark()
        mark.granted = epoch
        if number(0...2) > 0 { mark.position = ReplicaPosition(epoch: epoch, number: random.next()) }
        if number(0...1) == 0 {
            let roster = Roster(replicas: 1, members: ["stratum-1", "stratum-2"])
            mark.roster = number(0...1) == 0 ? roster : roster.changing(to: ["stratum-2", "stratum-3"])
        }
        return mark
    }

    /// The oldest, as ids are forgotten in their order.
    private mutating func forget() -> StoreRecord {
        let forgotten = Array(known.prefix(number(1...8)))
        known.removeFirst(forgotten.count)
        if known.isEmpty { known = forgotten }
        return .forget(forgotten)
    }
}
