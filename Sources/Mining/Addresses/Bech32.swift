/// Texts of a human-readable part, values of 5 bits and a checksum that finds any four wrong characters.
///
/// Source: BIP 173, BIP 350.
struct Bech32 {
    /// The constant that the checksum is made with.
    enum Variant: UInt32 {
        /// BIP 173, for witness version 0.
        case original = 1
        /// BIP 350, for all later versions.
        case modified = 0x2bc8_30a3
    }

    /// The human-readable part, in lower case.
    let prefix: String
    /// The values of 5 bits, without the checksum.
    let values: [UInt8]
    /// Which checksum it has.
    let variant: Variant

    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    /// Reads a text; nil when it has not this form or its checksum is wrong.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 90, bytes.allSatisfy({ (33...126).contains($0) }) else { return nil }
        guard text == text.lowercased() || text == text.uppercased() else { return nil }
        let lower = Array(text.lowercased().utf8)
        guard let separator = lower.lastIndex(of: UInt8(ascii: "1")), separator > 0, lower.count - separator > 6 else {
            return nil
        }
        let head = lower[..<separator]
        var values: [UInt8] = []
        for character in lower[(separator + 1)...] {
            guard let value = Self.alphabet.firstIndex(of: character) else { return nil }
            values.append(UInt8(value))
        }
        let expanded = head.map { $0 >> 5 } + [0] + head.map { $0 & 31 }
        guard let variant = Variant(rawValue: Self.checksum(expanded + values)) else { return nil }
        self.prefix = String(decoding: head, as: UTF8.self)
        self.values = values.dropLast(6)
        self.variant = variant
    }

    private static func checksum(_ values: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        return values.reduce(1) { sum, value in
            let top = sum >> 25
            let next = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
            return generator.enumerated().reduce(next) { (top >> UInt32($1.offset)) & 1 == 1 ? $0 ^ $1.element : $0 }
        }
    }
}

/// What a segregated-witness address stands for.
struct WitnessProgram: Hashable {
    /// 0 to 16.
    let version: UInt8
    /// 2 to 40 bytes.
    let bytes: [UInt8]

    /// The program of an address; nil when the text is none.
    init?(_ text: Bech32) {
        guard let version = text.values.first, version <= 16,
            text.variant == (version == 0 ? .original : .modified),
            let bytes = Self.bytes(text.values.dropFirst()), (2...40).contains(bytes.count),
            version > 0 || bytes.count == 20 || bytes.count == 32
        else { return nil }
        self.version = version
        self.bytes = bytes
    }

    /// The output script.
    var script: [UInt8] { [version == 0 ? 0 : 0x50 + version, UInt8(bytes.count)] + bytes }

    /// Values of 5 bits joined to bytes; nil unless what is left over is less than a value, and zero.
    private static func bytes(_ values: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest: UInt32 = 0
        var restBits = 0
        for value in values {
            rest = (rest << 5 | UInt32(value)) & 0xfff
            restBits += 5
            if restBits >= 8 {
                restBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: rest >> UInt32(restBits)))
            }
        }
        return restBits < 5 && rest & (1 << UInt32(restBits) - 1) == 0 ? bytes : nil
    }
}
