internal import Testing

/// A document that shows bytes must show the right ones.
@Suite struct ProtocolExampleTests {
    @Test func theDocumentShowsWhatTheEncoderWrites() throws {
        let document = try #require(try Checkout()["docs/PROTOCOL.md"])
        let blocks = HexBlock.all(in: document)
        let examples = try ProtocolExamples.all()
        #expect(Set(blocks.map(\.name)) == Set(examples.keys), "each example stands in the document once")
        for block in blocks {
            let hex = examples[block.name].map(HexBlock.hex)
            #expect(
                block.digits == hex, "\(document.path):\(block.line): the block “\(block.name)” is not what is sent")
        }
    }

    @Test func blocksAreReadWithoutTheirRemarks() {
        let document = SourceFile(
            "a.md", "text\n```hex one\n93 82 # an array\nAA\n```\n```\n11\n```\n```hex two\n00\n```\n")
        let blocks = HexBlock.all(in: document)
        #expect(blocks.map(\.name) == ["one", "two"])
        #expect(blocks.map(\.digits) == ["9382aa", "00"])
        #expect(blocks.map(\.line) == [2, 9])
        #expect(HexBlock.hex([0x93, 0x0A]) == "930a")
    }
}

/// A fenced block of hexadecimal digits; what stands behind `#` is a remark.
struct HexBlock {
    let name: String
    /// Where it begins, counted from 1.
    let line: Int
    var digits = ""

    static func all(in document: SourceFile) -> [HexBlock] {
        var blocks: [HexBlock] = []
        var isInside = false
        for (index, line) in document.lines.enumerated() {
            if line.hasPrefix("```") {
                isInside = line.hasPrefix("```hex ")
                if isInside { blocks.append(HexBlock(name: String(line.dropFirst("```hex ".count)), line: index + 1)) }
            } else if isInside {
                blocks[blocks.count - 1].digits += line.prefix { $0 != "#" }.lowercased().filter(\.isHexDigit)
            }
        }
        return blocks
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
