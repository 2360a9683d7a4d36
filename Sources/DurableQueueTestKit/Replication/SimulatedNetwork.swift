internal import DurableQueue
internal import FoundationEssentials
internal import Mesh

/// The network of a simulated group: delays, losses, partitions; with ``isOrderly`` false also duplicates, and messages that overtake others.
struct SimulatedNetwork: Sendable {
    /// Whether what is sent on a link arrives in order, and once.
    let isOrderly: Bool
    /// Nothing goes wrong any more.
    private(set) var isCalm = false
    /// Who is on the one side, until when.
    private var partition: (Set<MemberID>, until: Int)?
    private var lastDelivery: [[MemberID]: Int] = [:]

    init(isOrderly: Bool) { self.isOrderly = isOrderly }

    func isConnected(_ one: MemberID, _ other: MemberID) -> Bool {
        guard let partition else { return true }
        return partition.0.contains(one) == partition.0.contains(other)
    }

    /// In how many milliseconds a message arrives: never, once, or several times.
    mutating func delays(from sender: MemberID, to receiver: MemberID, now: Int, _ random: inout MeshRandom) -> [Int] {
        guard sender == receiver || isCalm || !random.chance(1) else { return [] }
        let link = [sender, receiver]
        let delay = Int.random(in: 1...20, using: &random)
        guard isOrderly || isCalm else {
            let late = random.chance(3) ? Int.random(in: 20...3000, using: &random) : 0
            return random.chance(3) ? [delay + late, Int.random(in: 1...3000, using: &random)] : [delay + late]
        }
        let arrival = max(now + delay, lastDelivery[link] ?? 0)
        lastDelivery[link] = arrival
        return [arrival - now]
    }

    mutating func endPartition(now: Int) { if let until = partition?.until, until <= now { partition = nil } }

    mutating func disturb(_ members: [MemberID], now: Int, _ random: inout MeshRandom) {
        guard partition == nil, random.chance(0.5) else { return }
        let side = Set(members.filter { _ in Bool.random(using: &random) })
        partition = (side, now + Int.random(in: 200...1500, using: &random))
    }

    mutating func calmDown() {
        isCalm = true
        partition = nil
    }
}

/// What is to happen, by the step in which it does.
struct Agenda<Event: Sendable>: Sendable {
    /// Milliseconds of a step.
    static var step: Int { 10 }

    private var events: [Int: [Event]] = [:]

    mutating func add(_ event: Event, in milliseconds: Int, now: Int) {
        events[max(now + milliseconds, now + 1) / Self.step + 1, default: []].append(event)
    }

    mutating func takeDue(now: Int) -> [Event] { events.removeValue(forKey: now / Self.step) ?? [] }
}

/// A monotonic clock of a machine: from where it counts, and how fast, is its own.
struct SimulatedClock: Sendable {
    private let offset: Int64
    private let rate: Double

    init(_ random: inout MeshRandom) {
        offset = Int64.random(in: 0...1_000_000, using: &random)
        rate = Double.random(in: 0.99...1.01, using: &random)
    }

    func time(at now: Int) -> Timestamp { Timestamp(milliseconds: offset + Int64(Double(now) * rate)) }
}

extension MeshRandom {
    mutating func chance(_ percent: Double) -> Bool { Double.random(in: 0..<100, using: &self) < percent }
}

extension UUID {
    static func made(_ random: inout MeshRandom) -> UUID {
        var digits = UUID().uuid
        withUnsafeMutableBytes(of: &digits) {
            for index in $0.indices { $0[index] = UInt8.random(in: 0...255, using: &random) }
        }
        return UUID(uuid: digits)
    }
}
