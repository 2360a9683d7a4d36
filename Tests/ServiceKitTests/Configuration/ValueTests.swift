internal import Testing

@testable internal import ServiceKit

/// What each type of setting accepts, and what it says otherwise.
@Suite struct ValueTests {
    private func read<Value>(_ type: SettingType<Value>, _ text: String) -> Result<Value, InvalidSetting> {
        Result { () throws(InvalidSetting) in try type.parse(text) }
    }

    @Test(arguments: [
        ("15", Duration.seconds(15)), ("0.5", .milliseconds(500)), ("500ms", .milliseconds(500)), ("15s", .seconds(15)),
        ("2m", .seconds(120)), ("1h", .seconds(3600)), ("0", .zero), ("5.", .seconds(5)),
    ])
    func durationsAreRead(text: String, duration: Duration) {
        #expect(read(.duration(.zero ... .seconds(3600)), text) == .success(duration))
    }

    @Test(arguments: [
        "", "s", "-1", "+1", "1e3", "0x10", "inf", "nan", "1 s", "1d", "1.2.3", ".", "3601", "99999999999999999999",
    ])
    func otherDurationsAreRefused(text: String) {
        let type = SettingType.duration(.milliseconds(1) ... .seconds(3600))
        #expect(
            read(type, text)
                == .failure(
                    InvalidSetting(
                        "not a duration from 1ms to 3600s; give seconds such as 15, or a unit such as 500ms, 15s or 2m")
                ))
    }

    @Test(arguments: [Duration.zero, .milliseconds(1), .milliseconds(1500), .seconds(15), .seconds(86400)])
    func durationsReadBack(duration: Duration) {
        #expect(Duration(settingText: duration.shortText) == duration)
    }

    @Test func durationsAreShownRoundedToMilliseconds() {
        #expect(Duration.nanoseconds(19_999_999_000).shortText == "20s")
        #expect(Duration.nanoseconds(1_499_600).shortText == "1ms")
    }

    @Test func portsAreRead() {
        #expect(read(.ports, "17000-17999") == .success(PortRange(17000...17999)))
        #expect(read(.ports, "1-65535") == .success(PortRange(1...65535)))
        #expect(read(.ports, " 5 - 6 ") == .success(PortRange(5...6)))
        #expect(read(.ports, "5") == .success(PortRange(5...5)))
        #expect(PortRange(5...5).description == "5" && PortRange(5...6).description == "5-6")
    }

    @Test(arguments: [
        ("a", "not a range of ports"), ("", "not a range of ports"), ("1-2-3", "not a range of ports"),
        ("17000-", "not a range of ports"), ("-1", "not a range of ports"), ("0-5", "a port is at least 1"),
        ("1-65536", "a port is at most 65535"), ("6-5", "the first port is above the last"),
    ])
    func otherPortsAreRefused(text: String, reason: String) {
        #expect(read(.ports, text) == .failure(InvalidSetting("\(reason); give LOW-HIGH such as 17000-17999")))
    }

    @Test func theHTTPPortMayBeOff() {
        #expect(read(.httpPort, "OFF") == .success(.off))
        #expect(read(.httpPort, "0") == .success(.port(0)))
        #expect(
            read(.httpPort, "65536")
                == .failure(InvalidSetting("not a port from 0 to 65535; give a port, 0 for any free one, or off")))
    }

    @Test func switchesKnowWords() {
        for word in ["yes", "TRUE", "on", "1"] { #expect(read(.toggle, word) == .success(true)) }
        for word in ["no", "False", "off", "0"] { #expect(read(.toggle, word) == .success(false)) }
        #expect(read(.toggle, "maybe") == .failure(InvalidSetting("not a yes or a no; give yes or no")))
    }

    @Test func namesAreFitForKeys() {
        #expect(read(.name, "pool-1") == .success("pool-1"))
        for text in ["", "Pool", "a b", "a:b", "a{b}", "ä", String(repeating: "a", count: 65)] {
            #expect(throws: InvalidSetting.self) { try read(.name, text).get() }
        }
    }

    @Test func textIsBounded() {
        let type = SettingType<String>.text("WORD", maximumBytes: 4)
        #expect(read(type, "ÄÄ") == .success("ÄÄ"))
        #expect(read(type, "ÄÄx") == .failure(InvalidSetting("5 bytes long; give at most 4 bytes")))
        #expect(read(type, "") == .failure(InvalidSetting("empty; give at least one character")))
        #expect(read(type, "a\nb") == .failure(InvalidSetting("has control characters; give plain text")))
    }

    // MARK: Who may be reached

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
    func loopbackIsFine(address: String) throws {
        #expect(try load(["--bind", address, "--http-bind", address]).configuration.common.bind == plain(address))
    }

    @Test(arguments: ["0.0.0.0", "*", "10.0.0.1", "127.example.com", "127.0.0.1.example.com", "::", "eth0"])
    func anythingElseNeedsAWord(address: String) throws {
        #expect(
            problem(["--bind", address])?.message
                == "--bind \(address) can be reached from other machines and the mesh has no key; "
                + "bind to 127.0.0.1, or give --insecure (HEADFRAME_INSECURE=yes) if the network is trusted")
        #expect(problem(["--http-bind", address])?.message.hasPrefix("--http-bind \(address) can be reached") == true)
        #expect(
            try load(["--bind", address, "--advertise", "pool.example.com", "--insecure"]).configuration.common.bind
                == address)
        #expect(problem(["--http-bind", address, "--http-port", "off"]) == nil)
    }

    @Test(arguments: ["0.0.0.0", "*", "::", "[::]", "0:0:0:0:0:0:0:0"])
    func everyAddressNeedsOneThatOthersAreTold(address: String) {
        #expect(
            problem(["--bind", address, "--insecure"])?.message
                == "--bind \(plain(address)) means every address of this host, and others have to be told one of them; "
                + "give the name or address by which they reach this host, such as --advertise 10.0.0.7 "
                + "(HEADFRAME_ADVERTISE=10.0.0.7)")
        #expect(
            problem(["--bind", "10.0.0.1", "--advertise", address, "--insecure"])?.message
                .hasPrefix("--advertise \(plain(address)) is no host to connect to; give the name or address") == true)
    }

    private func plain(_ address: String) -> String { String(address.drop { $0 == "[" }.prefix { $0 != "]" }) }

    /// Whoever makes an endpoint of an address puts it into brackets.
    @Test func theBracketsOfAnAddressAreTakenOff() throws {
        let common = try load(["--bind", "[::1]", "--advertise", "[fd00::1]", "--http-bind", "[::1]"])
            .configuration.common
        #expect(common.bind == "::1" && common.advertise == "fd00::1" && common.httpBind == "::1")
        #expect(try load(["--advertise", "[pool]"]).configuration.common.advertise == "[pool]")
    }

    @Test(arguments: ["10.0.0.1", "fd00::1", "eth0", "pool.example.com"])
    func oneAddressIsWhatOthersAreTold(address: String) throws {
        let common = try load(["--bind", address, "--insecure"]).configuration.common
        #expect(common.bind == address && common.advertise == nil)
    }
}
