internal import Testing

@testable internal import ServiceKit

/// No text of this module shows a password.
@Suite struct SecretTests {
    @Test(arguments: [
        ("redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
        ("redis://user@host", "redis://user@host"),
        ("redis://:secret@host", "redis://:***@host"),
        ("redis://user:secret@host:1/2", "redis://user:***@host:1/2"),
        ("redis://user:se/cr@t@host", "redis://user:***@host"),
        ("redis://user:sec?ret@host", "redis://***"),
        ("unix://user:secret@/run/redis.sock?db=1", "unix://user:***@/run/redis.sock?db=1"),
        ("http://host?cookie=/file&password=secret&auth=secret", "http://host?cookie=/file&password=***&auth=***"),
        ("http://host?password=sec@ret", "http://***"),
        ("http://a?cookie=/file,http://u:secret@b", "http://a?cookie=/file,http://u:***@b"),
        ("http://u:sec,ret@a,http://u:secret@b", "http://u:***@a,http://u:***@b"),
        ("user:secret@host", "user:***@host"),
        ("secret@host", "secret:***@host"),
        ("plain text, without", "plain text, without"),
        ("", ""),
    ])
    func passwordsAreTakenOut(text: String, shown: String) {
        #expect(SecretURL.redact(text) == shown)
        #expect("\(SecretURL(text))" == shown && String(reflecting: SecretURL(text)) == shown)
    }

    @Test(arguments: ["redis", "redis-discovery", "redis-state", "redis-sharelog"])
    func errorsShowNone(name: String) throws {
        let variable = "HEADFRAME_" + name.uppercased().replacing("-", with: "_")
        for url in ["redis://u:secret@host:x", "http://u:secret@host", "u:secret@host", "redis://u:secret@"] {
            for error in [problem(["--\(name)", url]), problem(environment: [variable: url])] {
                let text = try #require(error).description
                #expect(text.contains(name) || text.contains(variable))
                #expect(text.contains("***@host") || text.contains("***@:"))
                #expect(!text.contains("secret"))
            }
        }
    }

    @Test func aWrongRedisURLSaysWhatIsWrong() {
        #expect(
            problem(["--redis", "redis://u:secret@host:x"])?.message
                == "--redis redis://u:***@host:x: The Redis URL is not usable: the port “x” is not a number from 1 to 65535. "
                + "Example: redis://user:password@127.0.0.1:6379/0")
    }

    @Test func textWithURLsShowsNone() throws {
        let url = "http://u:secret@host/" + String(repeating: "x", count: 100)
        #expect(try #require(problem(["--sources", url])).message.hasPrefix("--sources http://u:***@host/xxx"))
        #expect(
            problem(["redis://:secret@host"])?.message
                == "redis://:***@host: there are no arguments without a flag; see --help")
    }

    @Test func helpShowsNone() {
        let named = NamedSetting(section: "s", setting: Setting<ServiceOptions>("redis", \.redis, .redis, "Redis"))
        var options = ServiceOptions(service: "s")
        options.redis = SecretURL("redis://:secret@host")
        #expect(named.setting.describe(options) == "redis://:***@host")
    }
}
