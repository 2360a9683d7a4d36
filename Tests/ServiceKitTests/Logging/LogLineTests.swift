internal import Logging
internal import Testing

@testable internal import ServiceKit

/// How an event is written: golden lines, and one line whatever stands in it.
@Suite struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .info) -> LogLine {
        LogLine(
            time: LogTime(seconds: 1_795_224_196, milliseconds: 7), level: level, label: "sample-1", message: message,
            metadata: metadata)
    }

    private let everything: Logger.Metadata = [
        "zone": "a", "address": .stringConvertible(17000), "quoted": "two \"words\"", "empty": "", "equals": "a=b",
        "list": ["x", "y z"], "table": ["b": "2", "a": ["1"]],
    ]

    @Test func textIsForPeople() {
        #expect(line("ready").text(colored: false) == "2026-11-21T01:23:16.007Z INFO     sample-1: ready\n")
        #expect(
            line("ready", everything, level: .critical).text(colored: false)
                == #"2026-11-21T01:23:16.007Z CRITICAL sample-1: ready address=17000 empty="" equals="a=b" "#
                + #"list=["x","y z"] quoted="two \"words\"" table={"a":["1"],"b":"2"} zone=a"#
                + "\n")
    }

    @Test func jsonIsForMachines() {
        #expect(
            line("ready").json()
                == #"{"time":"2026-11-21T01:23:16.007Z","level":"info","logger":"sample-1","message":"ready"}"# + "\n")
        #expect(
            line("ready", everything, level: .error).json()
                == #"{"time":"2026-11-21T01:23:16.007Z","level":"error","logger":"sample-1","message":"ready","#
                + #""metadata":{"address":"17000","empty":"","equals":"a=b","list":["x","y z"],"#
                + #""quoted":"two \"words\"","table":{"a":["1"],"b":"2"},"zone":"a"}}"# + "\n")
    }

    /// What a peer sends ends up in messages and metadata: it must not make lines of its own or command a terminal.
    @Test(arguments: ["\n", "\r", "\r\n", "\u{1b}[31m", "\u{0}", "\u{7f}", "\u{9b}", "\u{2028}", "\u{2029}"])
    func nothingBreaksALine(hostile: String) {
        let text = "a\(hostile)b"
        var event = line(text, ["key\(hostile)": "\(text)", "list": ["\(text)"], "table": ["\(text)": "\(text)"]])
        event.label = text
        for written in [event.text(colored: false), event.json()] {
            #expect(written.hasSuffix("\n"))
            let special = written.dropLast().unicodeScalars.filter {
                $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) || [0x2028, 0x2029].contains($0.value)
            }
            #expect(special.isEmpty)
        }
    }

    @Test func escapesAreThoseOfJSON() {
        #expect(
            line("\" \\ \n \r \t \u{1} \u{1b} ä €").json().contains(
                #""message":"\" \\ \n \r \t \u0001 \u001b ä €""#))
        #expect(line("a\nb \"c\" \\").text(colored: false).hasSuffix(#"sample-1: a\nb "c" \"# + "\n"))
    }

    @Test func coloursAreThereOnlyWhereAskedFor() {
        let event = line("ready", ["zone": "a"], level: .warning)
        #expect(!event.text(colored: false).contains("\u{1b}"))
        #expect(
            event.text(colored: true)
                == "2026-11-21T01:23:16.007Z \u{1b}[33mWARNING\u{1b}[0m  sample-1: ready \u{1b}[2mzone=\u{1b}[0ma\n")
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_827_696, "2000-02-29T12:34:56.000Z"),
        (4_102_444_799, "2099-12-31T23:59:59.000Z"),
    ])
    func timesAreUTC(seconds: Int, text: String) {
        #expect(LogTime(seconds: seconds, milliseconds: 0).description == text)
    }
}
