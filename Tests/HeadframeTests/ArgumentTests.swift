internal import ArgumentParser
internal import Mesh
internal import MessagePack
internal import Testing

@testable internal import headframe

@Suite struct ArgumentTests {
    @Test(
        arguments: [
            ("7", 7), ("-3", -3), ("0.5", 0.5), ("18446744073709551615", .uint(.max)), ("true", true), ("null", nil),
            ("[1,\"x\",null]", [1, "x", nil]), ("{\"height\": 7}", ["height": 7]), ("\"7\"", "7"), ("\"a b\"", "a b"),
        ] as [(String, MessagePackValue)])
    func wordsThatAreJSONAreThat(_ word: String, _ value: MessagePackValue) throws {
        #expect(try JSONArgument.value(word) == value)
    }

    /// A hash, an identifier or a version must not turn into a number because its digits allow it.
    @Test(arguments: [
        "0123456789012345678901234567890123456789012345678901234567890123",
        "1234567890123456789012345678901234567890123456789012345678901234",
        "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", "1e5", "1E5", "007", "-0", "1.50", "+1",
        "0x10", "nan", "inf", "Infinity", "99999999999999999999", "hello", "", "tcp://127.0.0.1:1", "True", "-",
        "1_000",
    ])
    func everyOtherWordIsAString(_ word: String) throws {
        #expect(try JSONArgument.value(word) == .string(word))
    }

    @Test(arguments: ["{", "{\"a\":1", "[1,", "\"open", "{a: 1}", "[1] 2"])
    func brokenJSONIsAMistake(_ word: String) throws {
        let error = #expect(throws: CommandFailure.self) { try JSONArgument.value(word) }
        #expect(error?.status == .usage)
        #expect(error?.message.contains(word) == true)
    }

    @Test func argumentsAreEncodedAsOneArray() throws {
        let bytes = try JSONArgument.payload(["1", "x", "[true]"])
        #expect(try MessagePackDecoder().decode(MessagePackValue.self, from: bytes) == [1, "x", [true]])
        #expect(try JSONArgument.payload([]) == [0x90])
    }

    @Test func endpointsMayLeaveTheSchemeOut() throws {
        #expect(try CallTarget(endpoint: "tcp://127.0.0.1:4242").destination == .endpoint("tcp://127.0.0.1:4242"))
        #expect(try CallTarget(endpoint: "localhost:4242").destination == .endpoint("tcp://localhost:4242"))
        #expect(try CallTarget(endpoint: "[::1]:4242").destination == .endpoint("tcp://[::1]:4242"))
        #expect(try CallTarget(endpoint: "ipc:///tmp/x").destination == .endpoint("ipc:///tmp/x"))
        #expect(try !CallTarget(endpoint: "localhost:4242").usesRegistry)
    }

    @Test(arguments: [
        "", "foo", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:65536", ":1", "udp://h:1", "ipc://",
    ])
    func whatIsNoEndpointIsRefused(_ endpoint: String) {
        let error = #expect(throws: CommandFailure.self) { try CallTarget(endpoint: endpoint) }
        #expect(error?.status == .usage)
    }

    @Test func callTellsServiceMethodAndArguments() throws {
        let command = try CallCommand.parse(["jobmanager", "job", "5f", "--timeout", "2", "--instance", "jobmanager-1"])
        #expect(command.words == ["jobmanager", "job", "5f"])
        #expect(command.timeout == 2)
        #expect(try CallCommand.parse(["--endpoint", "tcp://h:1", "m", "--", "-3"]).words == ["m", "-3"])
    }

    @Test(arguments: [
        [], ["jobmanager"], ["--endpoint", "tcp://h:1"], ["s", "m", "--timeout", "0"], ["s", "m", "--timeout", "nan"],
        ["s", "m", "--all", "--instance", "i"], ["s", "m", "--all", "--stream"], ["s", "m", "--nonsense"],
    ])
    func callRefusesWhatMakesNoSense(_ words: [String]) {
        #expect(throws: (any Error).self) { try CallCommand.parse(words) }
    }

    @Test(arguments: [
        ["s"], ["s", "p", "argument"], ["s", "p", "--count", "0"], ["s", "p", "--duration", "-1"],
    ])
    func subscribeRefusesWhatMakesNoSense(_ words: [String]) {
        #expect(throws: (any Error).self) { try SubscribeCommand.parse(words) }
    }

    @Test func subscribeSaysWhatIsMissing() {
        func message(_ words: [String]) -> String {
            do { _ = try SubscribeCommand.parse(words) } catch { return SubscribeCommand.message(for: error) }
            return ""
        }
        #expect(message(["s"]) == "PUBLICATION is missing.")
        #expect(message(["s", "--instance", "i"]) == "STREAM is missing.")
    }

    @Test func aPlainStreamMayTakeArguments() throws {
        let command = try SubscribeCommand.parse(["s", "p", "7", "--instance", "i", "--stats"])
        #expect(command.words == ["s", "p", "7"])
        #expect(command.stats)
    }
}
