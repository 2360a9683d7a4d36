internal import Testing

@testable internal import Stratum

@Suite struct LineFramerTests {
    private func lines(_ chunks: [String], limit: Int = 16) -> [String] {
        var framer = LineFramer(limit: limit)
        return chunks.flatMap { framer.append($0.utf8) }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func cutsLines() {
        #expect(lines(["one\ntwo\r\n\n\r\nthree"]) == ["one", "two"])
    }

    @Test func putsPartsTogether() {
        #expect(lines(["o", "ne", "\r", "\ntw", "o\n"]) == ["one", "two"])
    }

    @Test func aLineOfTheLimitPasses() {
        let line = String(repeating: "a", count: 16)
        #expect(lines([line + "\r\n" + line + "\n"]) == [line, line])
    }

    @Test(arguments: ["", "\n", "\r\n"]) func aLongerOneEndsItAll(end: String) {
        var framer = LineFramer(limit: 16)
        let lines = framer.append(("good\n" + String(repeating: "a", count: 18) + end + "late\n").utf8)
        #expect(lines.count == 1)
        #expect(framer.isOverlong)
        #expect(framer.append("later\n".utf8).isEmpty)
        #expect(framer.unfinishedBytes == 0)
    }

    @Test func oneByteBeyondTheLimitIsTooMuch() {
        var framer = LineFramer(limit: 16)
        #expect(framer.append((String(repeating: "a", count: 17) + "\n").utf8).isEmpty)
        #expect(framer.isOverlong)
    }

    @Test func aFloodIsNotKept() {
        var framer = LineFramer()
        for _ in 0..<100 {
            #expect(framer.append([UInt8](repeating: 7, count: 4096)).isEmpty)
            #expect(framer.unfinishedBytes <= framer.limit + 1)
        }
        #expect(framer.isOverlong)
    }
}
