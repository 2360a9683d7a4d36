internal import DurableQueue
internal import FoundationEssentials
internal import Mesh
internal import Testing

/// Beside a dictionary, which does the same in no order.
struct EntryMapTests {
    private struct Value: Equatable, Sendable {
        var number: Int
        var text = "x"
    }

    private let origins = (0..<3).map { _ in UUID() }

    @Test(arguments: [100, 1000, 1_000_000_000] as [UInt64])
    func itHoldsWhatADictionaryHolds(span: UInt64) {
        var random = MeshRandom(seed: span)
        var map = EntryMap<Value>()
        var model: [EntryIdentity: Value] = [:]
        for number in 0..<20_000 {
            let identity = EntryIdentity(
                origin: origins[Int.random(in: 0..<3, using: &random)], sequence: .random(in: 0..<span, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                map[identity] = Value(number: number)
                model[identity] = Value(number: number)
            case 2:
                map[identity]?.text += "y"
                model[identity]?.text += "y"
            case 3: #expect(map.remove(identity) == model.removeValue(forKey: identity))
            default:
                // Mostly the ones that are there, so that pages and lines empty.
                guard let some = model.keys.randomElement(using: &random) else { continue }
                map[some] = nil
                model[some] = nil
            }
            #expect(map[identity] == model[identity] && map.contains(identity) == (model[identity] != nil))
            #expect(map.count == model.count && map.isEmpty == model.isEmpty)
        }
        #expect(map.all.map(\.identity) == model.keys.sorted())
        #expect(map.all.allSatisfy { model[$0.identity] == $0.value })
        for origin in origins {
            for _ in 0..<100 {
                let first = UInt64.random(in: 0..<span, using: &random)
                let expected = model.keys.filter { $0.origin == origin && $0.sequence >= first }.sorted()
                #expect(map.entries(of: origin, from: first).map(\.identity) == expected)
            }
        }
        for identity in model.keys { map[identity] = nil }
        #expect(map.isEmpty && map.all.map(\.identity).isEmpty)
    }
}
