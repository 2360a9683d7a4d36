/// Bytes as texts of 58 letters and digits, with a checksum: Bitcoin's first form of addresses.
enum Base58 {
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    /// The bytes of a text without their checksum.
    ///
    /// - Returns: nil when a character is none of the alphabet or the checksum is wrong.
    static func decodeChecked(_ text: String) -> [UInt8]? {
        guard let bytes = decode(text), bytes.count >= 4 else { return nil }
        let content = Array(bytes.dropLast(4))
        return doubleSHA256(content).prefix(4).elementsEqual(bytes.suffix(4)) ? content : nil
    }

    private static func decode(_ text: String) -> [UInt8]? {
        // The least significant byte first, until the end.
        var number: [UInt8] = []
        for character in text.utf8 {
            guard var carry = alphabet.firstIndex(of: character) else { return nil }
            for index in number.indices {
                carry += Int(number[index]) * 58
                number[index] = UInt8(truncatingIfNeeded: carry)
                carry >>= 8
            }
            if carry > 0 { number.append(UInt8(carry)) }
        }
        let zeros = text.utf8.prefix { $0 == alphabet[0] }.count
        return [UInt8](repeating: 0, count: zeros) + number.reversed()
    }
}
