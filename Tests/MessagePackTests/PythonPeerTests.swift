internal import MessagePack
internal import TestSupport
internal import Testing

/// The check against an implementation that is not ours.
@Suite(.timeLimit(.minutes(2))) struct PythonPeerTests {
    @Test("Python understands what we encode")
    func pythonReadsOurs() throws {
        var random = SeededRandom(seed: seedOfThisRun("Python reads ours"))
        let values = (0..<4_000).map { _ in random.value(depth: 4) }
        let messages = try values.map { try MessagePackEncoder().encode($0) }
        let lines = try PythonPeer.describe(messages)
        try #require(lines.count == values.count)
        for (index, line) in lines.enumerated() {
            #expect(line.text == values[index].peerText, "\(hexText(messages[index]))")
            // Python knows 64-bit floats only, so what it encodes again is compared by what it says.
            let again = try MessagePackDecoder().decode(MessagePackValue.self, from: line.bytes)
            #expect(again.peerText == values[index].peerText)
        }
    }

    @Test("we understand what Python encodes, and encode it to the same bytes")
    func weReadPythons() throws {
        let lines = try PythonPeer.generate(seed: seedOfThisRun("we read Python's"), count: 4_000)
        try #require(lines.count == 4_000)
        for line in lines {
            let value = try MessagePackDecoder().decode(MessagePackValue.self, from: line.bytes)
            #expect(value.peerText == line.text, "\(hexText(line.bytes))")
            #expect(try MessagePackEncoder().encode(value) == line.bytes)
        }
    }

    @Test("Python understands Codable types")
    func pythonReadsTypes() throws {
        var random = SeededRandom(seed: seedOfThisRun("Python reads types"))
        let samples = (0..<200).map { _ in Sample.random(using: &random) }
        let messages = try samples.map { try MessagePackEncoder().encode($0) }
        let lines = try PythonPeer.describe(messages)
        try #require(lines.count == samples.count)
        for (index, line) in lines.enumerated() {
            let ours = try MessagePackDecoder().decode(MessagePackValue.self, from: messages[index])
            #expect(line.text == ours.peerText)
            #expect(try MessagePackDecoder().decode(Sample.self, from: line.bytes).peerEquals(samples[index]))
        }
    }
}

extension Sample {
    /// Equality after a way through Python, which turns 32-bit floats into 64-bit ones.
    fileprivate func peerEquals(_ other: Sample) -> Bool {
        var left = self
        var right = other
        guard left.any.peerText == right.any.peerText, left.children.count == right.children.count else { return false }
        guard zip(left.children, right.children).allSatisfy({ $0.peerEquals($1) }) else { return false }
        (left.any, right.any) = (.null, .null)
        (left.children, right.children) = ([], [])
        return left == right
    }
}
