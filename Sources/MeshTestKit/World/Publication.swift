internal import Mesh

/// What a publisher said once; the payload of the item that travels is its number in the book.
struct Publication {
    let number: Int
    let publisher: String
    let position: Position
    /// The block of the tree, or nil for a position that is in no tree at all.
    let block: Int?
    /// Whether an honest publisher said it.
    let isHonest: Bool
    let key: String
    let time: MeshInstant
}

/// Everything that was ever published, so that the checks know what an item is without trusting what travelled.
final class PublicationBook {
    private(set) var entries: [Publication] = []

    func record(
        publisher: String, position: Position, block: Int?, isHonest: Bool, key: String, time: MeshInstant
    ) -> Publication {
        let entry = Publication(
            number: entries.count, publisher: publisher, position: position, block: block, isHonest: isHonest, key: key,
            time: time)
        entries.append(entry)
        return entry
    }

    /// Marks the payloads, so that one is found at the end of a message.
    private static let mark: [UInt8] = [0xC4, 0x0C, 0x48, 0x46, 0x50, 0x42]

    static func payload(of number: Int) -> Payload {
        Payload(mark + withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) })
    }

    /// The publication that a message carries: an item's payload is the last thing in it.
    func publication(in message: [UInt8]) -> Publication? {
        guard message.count >= 14, message[message.count - 14] == 0xC4, message[message.count - 13] == 0x0C,
            message[message.count - 12] == 0x48, message[message.count - 11] == 0x46
        else { return nil }
        var number = 0
        for byte in message.suffix(8) { number = number << 8 | Int(byte) }
        return entries.indices.contains(number) ? entries[number] : nil
    }
}
