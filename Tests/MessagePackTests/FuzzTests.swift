internal import Foundation
internal import MessagePack
internal import TestSupport
internal import Testing

/// Whatever comes in, what comes out is a value or an error.
@Suite struct FuzzTests {
    @Test("random bytes never crash a decoder")
    func randomBytes() throws {
        var random = SeededRandom(seed: seedOfThisRun("random bytes"))
        for _ in 0..<200_000 {
            try survive(random.bytes(Int.random(in: 0...48, using: &random)))
        }
    }

    @Test("damaged messages never crash a decoder")
    func damagedMessages() throws {
        var random = SeededRandom(seed: seedOfThisRun("damaged messages"))
        let samples = (0..<40).map { _ in Sample.random(using: &random, depth: 0) }
        let originals = try samples.map { try MessagePackEncoder().encode($0) }
        for _ in 0..<100_000 {
            var message = originals.randomElement(using: &random)!
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                damage(&message, using: &random)
            }
            try survive(message)
        }
    }

    @Test("random values come back as they were")
    func roundTrips() throws {
        var random = SeededRandom(seed: seedOfThisRun("round trips"))
        for _ in 0..<5_000 {
            let value = random.value(depth: 4)
            let message = try MessagePackEncoder().encode(value)
            #expect(try MessagePackDecoder().decode(MessagePackValue.self, from: message) == value)
        }
    }

    private func damage(_ message: inout [UInt8], using random: inout SeededRandom) {
        guard let index = message.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: message[index] = UInt8(truncatingIfNeeded: random.next())
        case 1: message.removeSubrange(index...)
        case 2: message.insert(contentsOf: random.bytes(3), at: index)
        default: message.remove(at: index)
        }
    }

    /// Decodes the message in every way; what can be decoded has to be encoded and decoded to the same again.
    private func survive(_ message: [UInt8]) throws {
        let decoder = MessagePackDecoder()
        do throws(MessagePackError) {
            let value = try decoder.decode(MessagePackValue.self, from: message)
            let again = try decoder.decode(MessagePackValue.self, from: MessagePackEncoder().encode(value))
            // The text stands for the value because NaN is not equal to itself.
            #expect(again.peerText == value.peerText, "\(hexText(message))")
        } catch {
            #expect(error.offset ?? 0 <= message.count)
        }
        _ = try? decoder.decode(Sample.self, from: message)
        _ = try? decoder.decode([String: [Int8?]].self, from: message)
        MessagePackReader.withReader(over: message) { reader in
            while !reader.isAtEnd, code({ try reader.skipValue() }) == nil {}
        }
    }
}

/// A type with one of everything.
struct Sample: Codable, Equatable {
    enum Kind: String, Codable { case header, share }

    enum Shape: Codable, Equatable {
        case none
        case circle(radius: Double)
        case text(String, Int)
    }

    var name: String
    var kind: Kind
    var shapes: [Shape]
    var numbers: [Int64]
    var ratio: Float?
    var flags: [String: Bool]
    var heights: [Int: UInt16]
    var payload: [UInt8]
    var data: Data
    var date: Date
    var any: MessagePackValue
    var children: [Sample]

    static func random(using random: inout SeededRandom, depth: Int = 2) -> Sample {
        Sample(
            name: random.text(), kind: .share, shapes: [.none, .circle(radius: 1.5), .text("x", -1)],
            numbers: (0..<random.size() % 40).map { _ in Int64(truncatingIfNeeded: random.next()) },
            ratio: Bool.random(using: &random) ? 0.25 : nil, flags: ["a": true, "b" + random.text(): false],
            heights: [1: 2, 70_000: 65_535], payload: random.bytes(random.size()), data: Data(random.bytes(5)),
            date: Date(timeIntervalSince1970: Double(random.next() >> 24) / 1024), any: random.value(depth: 2),
            children: depth == 0 ? [] : (0..<2).map { _ in Sample.random(using: &random, depth: depth - 1) })
    }
}
