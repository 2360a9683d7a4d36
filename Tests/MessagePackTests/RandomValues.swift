internal import Foundation
internal import MessagePack
internal import TestSupport

/// The seed of this run: `HEADFRAME_SEED`, or a new one. It is printed either way.
func seedOfThisRun(_ test: String) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["HEADFRAME_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 1...999_999_999)
    print("\(test): HEADFRAME_SEED=\(seed)")
    return seed
}

extension SeededRandom {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    mutating func size() -> Int {
        [0, 1, 2, 4, 8, 15, 16, 17, 31, 32, 255, 256, Int.random(in: 0..<600, using: &self)].randomElement(
            using: &self)!
    }

    mutating func integer() -> MessagePackValue {
        let word = next() >> UInt64.random(in: 0..<64, using: &self)
        return Bool.random(using: &self) ? MessagePackValue(word) : .int(-Int64(truncatingIfNeeded: word >> 1) - 1)
    }

    mutating func text() -> String {
        let alphabet: [Character] = ["a", "b", "\0", "é", "€", "🚀", "中", "👩‍🚀"]
        return String((0..<size()).map { _ in alphabet.randomElement(using: &self)! })
    }

    mutating func timestamp() -> MessagePackTimestamp {
        let seconds: [Int64] = [
            0, 1, -1, 0xffff_ffff, 1 << 32, 1 << 34 - 1, 1 << 34, Int64(truncatingIfNeeded: next()) >> 2,
        ]
        let nanoseconds: [UInt32] = [0, 0, 1, 999_999_999, UInt32.random(in: 0..<1_000_000_000, using: &self)]
        return MessagePackTimestamp(
            seconds: seconds.randomElement(using: &self)!, nanoseconds: nanoseconds.randomElement(using: &self)!)
    }

    /// A value of any kind, with at most `depth` levels of arrays and maps.
    mutating func value(depth: Int) -> MessagePackValue {
        switch Int.random(in: 0..<(depth > 0 ? 11 : 9), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return integer()
        case 3: return .float(Float(Int16(truncatingIfNeeded: next())) / 256)
        case 4: return .double(Double(Int64(truncatingIfNeeded: next())) / 65536)
        case 5: return .string(text())
        case 6: return .binary(bytes(size()))
        case 7: return .ext(type: Int8.random(in: 0...127, using: &self), bytes(size()))
        case 8: return .timestamp(timestamp())
        case 9: return .array((0..<childCount(depth)).map { _ in value(depth: depth - 1) })
        default:
            return .map(
                (0..<childCount(depth)).map { _ in MessagePackMapEntry(value(depth: 0), value(depth: depth - 1)) })
        }
    }

    private mutating func childCount(_ depth: Int) -> Int {
        depth > 2 ? [0, 1, 2, 3, 15, 16, 17].randomElement(using: &self)! : Int.random(in: 0..<4, using: &self)
    }
}
