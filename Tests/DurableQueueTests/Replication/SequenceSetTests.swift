internal import Mesh
internal import Testing

@testable internal import DurableQueue

/// A set of sequences held against the standard library's.
@Suite struct SequenceSetTests {
    private func random(_ random: inout MeshRandom) -> Set<UInt64> {
        let highest = UInt64.random(in: 1...60, using: &random)
        return Set((0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...highest, using: &random) })
    }

    @Test(arguments: 0..<300) func isWhatASetIs(seed: UInt64) {
        var random = MeshRandom(seed: seed)
        let (one, other) = (self.random(&random), self.random(&random))
        let (own, others) = (SequenceSet(one), SequenceSet(other))
        #expect(Array(own) == one.sorted() && own.count == one.count)
        #expect(own.union(others) == SequenceSet(one.union(other)))
        #expect(own.intersection(others) == SequenceSet(one.intersection(other)))
        #expect(own.subtracting(others) == SequenceSet(one.subtracting(other)))
        for sequence: UInt64 in 0...61 { #expect(own.contains(sequence) == one.contains(sequence)) }
    }

    @Test(arguments: 0..<100) func changesAsASetDoes(seed: UInt64) {
        var random = MeshRandom(seed: seed)
        var (set, model) = (SequenceSet(), Set<UInt64>())
        for _ in 0..<200 {
            let sequence = UInt64.random(in: 0...30, using: &random)
            if Bool.random(using: &random) {
                set.insert(sequence)
                model.insert(sequence)
            } else {
                #expect(set.remove(sequence) == (model.remove(sequence) != nil))
            }
            // Equal sets have equal ranges.
            #expect(set == SequenceSet(model))
        }
    }

    /// One by one up to 63, then all at once.
    @Test(arguments: [63, 64]) func takesManyOutAsASetDoes(_ count: Int) {
        var random = MeshRandom(seed: UInt64(count))
        let taken = Array((0..<200 as Range<UInt64>).shuffled(using: &random).prefix(count))
        let whole = SequenceSet(0...199)
        var rest = whole
        rest.subtract(taken)
        #expect(rest == whole.subtracting(SequenceSet(taken)))
        #expect(rest.count == UInt64(200 - count))
    }

    @Test func reachesToTheHighestNumber() {
        var set = SequenceSet([.max, .max - 1, 0])
        #expect(set.ranges == [0...0, .max - 1 ... .max])
        set.insert(.max)
        #expect(set.contains(.max) && set.count == 3)
        #expect(set.subtracting([.max]).union([.max]) == set)
        set.remove(.max)
        #expect(set.ranges == [0...0, .max - 1 ... .max - 1])
    }
}
