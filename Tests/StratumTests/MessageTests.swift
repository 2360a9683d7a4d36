internal import Testing

@testable internal import Stratum

@Suite struct MessageTests {
    private func read(_ line: String) -> Message { Message(line: Array(line.utf8), limits: MessageLimits()) }

    @Test func readsRequests() {
        let request = Message.Request(
            id: .integer(7), method: "m", params: ["a", .integer(1), .number(0.5), .null, true])
        #expect(read(#" {"id": 7, "method":"m", "params":["a",1,0.5,null,true]} "#) == .request(request))
    }

    @Test(arguments: [
        ("3", JSONValue.integer(3)), (#""a""#, "a"), ("null", .null), ("9223372036854775807", .integer(.max)),
        ("1.5", .number(1.5)),
    ])
    func theIDComesBackAsItCame(text: String, id: JSONValue) {
        #expect(read(#"{"id":\#(text),"method":"m"}"#) == .request(Message.Request(id: id, method: "m", params: [])))
        var line: [UInt8] = []
        id.write(to: &line)
        #expect(String(decoding: line, as: UTF8.self) == text)
    }

    @Test func aResponseHasNoMethod() {
        #expect(read(#"{"id":7,"result":"miner/1","error":null}"#) == .response(id: .integer(7), result: "miner/1"))
    }

    @Test(arguments: [
        "", "x", "[]", "1", #"{"id":1"#, "{'id':1}", "\u{0}\u{0}", "GET / HTTP/1.1",
        #"{"id":NaN,"method":"m"}"#, #"{"a":[[[[[[[[1]]]]]]]]}"#, String(repeating: "[", count: 16000),
    ])
    func whatIsNoMessage(line: String) {
        guard case .garbage = read(line) else {
            Issue.record("\(line.prefix(40)) was read as \(read(line))")
            return
        }
    }

    @Test(arguments: [
        #"{"id":1,"method":7}"#, #"{"id":1,"method":"m","params":{}}"#, #"{"id":1,"method":"m","params":"x"}"#,
        #"{"id":[1],"method":"m"}"#, #"{"id":true,"method":"m"}"#, #"{"id":1}"#, "{}",
    ])
    func whatIsAWrongMessage(line: String) {
        guard case .wrong = read(line) else {
            Issue.record("\(line) was read as \(read(line))")
            return
        }
    }

    @Test func bracketsInTextsAreNoNesting() {
        #expect(JSONValue.extent(of: Array(#"{"a":"[[[[\"[,[,[","b":[1]}"#.utf8)) == (2, 3))
    }

    @Test func textsAreEscaped() {
        let text = "a\"\\\n\u{1}é"
        var line: [UInt8] = []
        JSONValue.object([text: .string(text)]).write(to: &line)
        let written = #""a\"\\\u000a\u0001é""#
        #expect(String(decoding: line, as: UTF8.self) == "{\(written):\(written)}")
        #expect(JSONValue.object(in: line) == [text: .string(text)])
    }

    @Test func aNumberBeyondAllBoundsIsStillAMessage() {
        let request = Message.Request(id: .integer(1), method: "m", params: [.number(.infinity)])
        #expect(read(#"{"id":1,"method":"m","params":[1e999]}"#) == .request(request))
    }

    @Test func whatIsShownHasNoControlCharacters() {
        #expect(printable("a\n\u{1b}[31mb\u{202e}", limit: 99) == "a[31mb")
        #expect(printable("ééé", limit: 5) == "éé")
    }
}
