internal import Foundation
internal import Mesh
internal import MessagePack
internal import Testing

@testable internal import headframe

@Suite struct OutputTests {
    @Test func oneIsNotMany() {
        #expect([0, 1, 2].map { counted($0, "method") } == ["0 methods", "1 method", "2 methods"])
    }

    @Test func jsonKeepsTheOrderOfKeys() {
        let value: MessagePackValue = ["z": 1, "a": [nil, true, 2.5, "x"], "m": [:], "n": []]
        #expect(JSONText.compact(value) == #"{"z":1,"a":[null,true,2.5,"x"],"m":{},"n":[]}"#)
        #expect(JSONText.pretty(["a": [1, 2], "b": [:]]) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
    }

    @Test func jsonSaysWhatItHasNoWordFor() {
        #expect(JSONText.compact(.binary([0, 255])) == #""00ff""#)
        #expect(JSONText.compact(.ext(type: 5, [1])) == #"{"type":5,"data":"01"}"#)
        #expect(JSONText.compact(.timestamp(.init(seconds: 0))) == #""1970-01-01T00:00:00Z""#)
        #expect(JSONText.compact(.array([.double(.infinity), .float(.nan)])) == "[null,null]")
        #expect(
            JSONText.compact(.map([MessagePackMapEntry(7, 1), MessagePackMapEntry(.binary([10]), 2)]))
                == #"{"7":1,"0a":2}"#)
        #expect(JSONText.compact(.uint(.max)) == "18446744073709551615")
    }

    /// The far side must not be able to steer the terminal.
    @Test func jsonEscapesControlCharacters() throws {
        let hostile = "\u{1b}[2J\"\\\n\r\t\u{0}\u{7f}\u{9b}é漢😀"
        let text = JSONText.compact(.string(hostile))
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
        #expect(try JSONDecoder().decode(String.self, from: Data(text.utf8)) == hostile)
    }

    @Test func jsonIsReadByOthersAsItWasMeant() throws {
        let value: MessagePackValue = ["a": [1, -7, 0.1, 1e300, "ü"], "b": ["c": nil]]
        let read = try JSONDecoder().decode(MessagePackValue.self, from: Data(JSONText.pretty(value).utf8))
        #expect(read == value)
    }

    @Test func aTableIsAsWideAsItsCells() {
        var table = Table(["NAME", "N"])
        table.add(["longer-than-the-heading", "1"])
        table.add([Table.Cell("x", .green), "22"])
        let plain = Style(isTerminal: false) { _ in nil }
        #expect(
            table.lines(plain) == [
                "NAME                     N", "longer-than-the-heading  1", "x                        22",
            ])
        let colored = Style(isTerminal: true) { _ in nil }
        #expect(table.lines(colored)[2] == "\u{1b}[32mx\u{1b}[0m                        22")
    }

    @Test func aLineOfATableEndsWithItsText() {
        var table = Table(["NAME", ""])
        table.add(["x", ""])
        table.add(["longer", "ok"])
        #expect(table.lines(Style(isTerminal: true) { _ in "dumb" }) == ["NAME", "x", "longer  ok"])
    }

    @Test func coloursAreForTerminalsThatWantThem() {
        #expect(Style(isTerminal: true) { _ in nil }.isColored)
        #expect(!Style(isTerminal: false) { _ in nil }.isColored)
        #expect(!Style(isTerminal: true) { $0 == "NO_COLOR" ? "1" : nil }.isColored)
        #expect(Style(isTerminal: true) { $0 == "NO_COLOR" ? "" : nil }.isColored)
        #expect(!Style(isTerminal: true) { $0 == "TERM" ? "dumb" : nil }.isColored)
    }

    @Test func timesAreBrief() {
        #expect(Times.brief(.seconds(59)) == "59s")
        #expect(Times.brief(.seconds(61)) == "1m 1s")
        #expect(Times.brief(.seconds(3600 * 5 + 60)) == "5h 1m")
        #expect(Times.brief(.seconds(86_400 * 2)) == "2d 0h")
        #expect(Times.brief(.seconds(-1)) == "0s")
        #expect(Times.milliseconds(.microseconds(412)) == "0.412 ms")
        #expect(Times.iso8601(Date(timeIntervalSince1970: 0.5)) == "1970-01-01T00:00:00.500Z")
    }

    @Test func servicesHaveTheFieldsThatProgramsRelyOn() {
        let record = InstanceRecord(
            name: InstanceName(service: "jobmanager", instance: "jobmanager-1"), epoch: 1_795_000_000_000, nonce: 1,
            endpoint: "tcp://127.0.0.1:17001", state: .ready, version: "1.2", zone: "a", startedMilliseconds: 10_000,
            load: 0.25)
        let report = ServicesReport(
            [RegisteredInstance(record: record, heartbeatAge: .milliseconds(1234))], timeToLive: .seconds(15),
            unixMilliseconds: 12_500)
        #expect(
            JSONText.compact(report.json)
                == #"[{"service":"jobmanager","instance":"jobmanager-1","epoch":1795000000000,"state":"ready","#
                + #""endpoint":"tcp://127.0.0.1:17001","version":"1.2","zone":"a","uptimeSeconds":2.5,"load":0.25,"#
                + #""heartbeatAgeSeconds":1.234,"late":false}]"#)
        let table = report.table(Style(isTerminal: false) { _ in nil })
        #expect(table.contains("jobmanager-1  ready"))
        #expect(ServicesReport([], timeToLive: .seconds(15), unixMilliseconds: 0).json == [])
        let late = ServicesReport(
            [RegisteredInstance(record: record, heartbeatAge: .seconds(8))], timeToLive: .seconds(15),
            unixMilliseconds: 12_500)
        #expect(late.json.arrayValue?.first?["late"] == true)
        #expect(late.table(Style(isTerminal: false) { _ in nil }).contains("  late, 8s ago  "))
    }

    @Test func roundTripsAreSummedUp() {
        var trips = RoundTrips()
        #expect(trips.percentile(99) == nil)
        #expect(trips.average == nil)
        for milliseconds in (1...200).shuffled() { trips.add(.milliseconds(milliseconds)) }
        #expect(trips.minimum == .milliseconds(1))
        #expect(trips.maximum == .milliseconds(200))
        #expect(trips.average == .microseconds(100_500))
        #expect(trips.percentile(99) == .milliseconds(198))
        #expect(trips.percentile(50) == .milliseconds(100))
        #expect(trips.percentile(0) == .milliseconds(1))
        #expect(trips.percentile(100) == .milliseconds(200))
    }

    @Test func exitCodesTellARefusalFromSilence() {
        #expect(CommandFailure(MeshError(.remote, "bad 7", remoteName: "ValueError")).message == "ValueError: bad 7")
        for code in MeshError.Code.allCases {
            let expected: CommandFailure.Status =
                switch code {
                case .remote, .unknownMethod, .badArguments, .badReply: .refused
                case .cancelled, .shutdown: .defect
                default: .unavailable
                }
            #expect(CommandFailure(MeshError(code, "x")).status == expected)
        }
        #expect(CommandFailure(OutputClosed())?.status == .success)
    }

    @Test func aFailedCallIsToldWhatToDo() throws {
        let service = CallTarget(service: "greeter", instance: nil)
        let type = MeshError(.remote, "“name” is no String", remoteName: "TypeError")
        #expect(
            CommandFailure(type, calling: service).message
                == "TypeError: “name” is no String; arguments are JSON, in which a string of digits is written '\"7\"'; "
                + "headframe inspect greeter shows what a method takes")
        let unknown = MeshError(.unknownMethod, "there is no method “x”", remoteName: "NameError")
        #expect(
            CommandFailure(unknown, calling: try CallTarget(endpoint: "h:1")).message
                == "NameError: there is no method “x”; headframe inspect --endpoint tcp://h:1 lists the methods")
        let instance = CallTarget(service: "greeter", instance: "greeter-1")
        let dead = CommandFailure(MeshError(.unavailable, "nobody"), calling: instance)
        #expect(
            dead.message.hasSuffix(
                "nobody; an instance that cannot be reached may be dead: headframe doctor tells more"))
        #expect(dead.status == .unavailable)
        #expect(CommandFailure(MeshError(.remote, "no", remoteName: "E"), calling: service).message == "E: no")
    }

    @Test func aMisspeltServiceIsToldWhatThereIs() {
        let failure = CommandFailure.noSuchService("jobmanger", known: ["stratum", "jobmanager", "stratum"])
        #expect(failure.message == "no instance of jobmanger is registered; known services: jobmanager, stratum")
        #expect(failure.status == .unavailable)
    }
}
