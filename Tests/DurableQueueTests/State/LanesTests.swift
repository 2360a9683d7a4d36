internal import Foundation
internal import Testing

@testable internal import DurableQueue

@Suite struct LanesTests {
    static let origin = UUID()

    static func identity(_ sequence: Int) -> EntryIdentity { EntryIdentity(origin: origin, sequence: UInt64(sequence)) }

    /// A queue whose entries are read and completed by others never asks who is next.
    @Test(arguments: [nil, "key", "many keys"]) func nothingGathersWhereReadersComplete(_ key: String?) {
        var lanes = Lanes()
        for number in 0..<1000 {
            let key = key == "many keys" ? "key \(number)" : key
            lanes.add(Self.identity(number), key: key)
            if number % 10 == 9 {
                for done in (number - 9...number).reversed() {
                    lanes.remove(Self.identity(done), key: key?.hasPrefix("key ") == true ? "key \(done)" : key)
                }
            }
        }
        #expect(lanes.size == 0)
    }

    @Test func keysTakeTurns() {
        var lanes = Lanes()
        for number in 0..<6 { lanes.add(Self.identity(number), key: number % 2 == 0 ? "even" : "odd") }
        var order: [UInt64] = []
        while let next = lanes.first {
            lanes.takeFirst()
            lanes.endBatch()
            order.append(next.sequence)
            lanes.free(next.sequence % 2 == 0 ? "even" : "odd")
        }
        #expect(order == [0, 1, 2, 3, 4, 5])
        #expect(lanes.size == 0)
    }
}
