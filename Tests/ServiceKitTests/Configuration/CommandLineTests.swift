internal import Testing

@testable internal import ServiceKit

/// The command line: its forms, its mistakes, `--help` and `--version`.
@Suite struct CommandLineTests {
    @Test func bothFormsOfAFlagAreUnderstood() throws {
        let (configuration, _) = try load(["--zone=a-c", "--weight", "5", "--insecure"])
        #expect(configuration.common.zone == "a-c")
        #expect(configuration.common.weight == 5)
        #expect(configuration.common.insecure)
        #expect(try load(["--insecure=no"]).configuration.common.insecure == false)
        #expect(try load(["--sources", "a=b"]).configuration.sources == "a=b")
        #expect(try load(["--sources=a=b"]).configuration.sources == "a=b")
    }

    @Test(arguments: [
        (["--prots", "1-2"], "--prots: there is no such flag; did you mean --ports?"),
        (["--instanec=x"], "--instanec: there is no such flag; did you mean --instance?"),
        (["--delya", "1"], "--delya: there is no such flag; did you mean --delay?"),
        (["-ports", "1-2"], "-ports: there is no such flag; did you mean --ports?"),
        (["---ports"], "---ports: there is no such flag; did you mean --ports?"),
        (["--hlep"], "--hlep: there is no such flag; did you mean --help?"),
        (["--entirely-unknown"], "--entirely-unknown: there is no such flag; see --help"),
        (["--"], "--: there is no such flag; see --help"),
        (["word"], "word: there are no arguments without a flag; see --help"),
        (["--zone"], "--zone: the value is missing; see --help"),
        (["--zone", "--insecure"], "--zone: the value is missing; see --help"),
        (["--zone", "a", "--zone=b"], "--zone: given twice; give it once"),
    ])
    func mistakesAreNamed(arguments: [String], message: String) throws {
        let error = try #require(problem(arguments))
        #expect(error.message == message)
        #expect(error.code == .usage && error.exitCode == .usage)
    }

    @Test func allMistakesAreReportedAtOnce() throws {
        let error = try #require(
            problem(["--prots", "1", "--weight", "0"], environment: ["SAMPLE_MODE": "slow", "HEADFRAME_TTL": "1"]))
        #expect(
            error.message == """
                --prots: there is no such flag; did you mean --ports?
                --weight 0: not a whole number from 1 to 1000; give one such as 1
                SAMPLE_MODE=slow: not one of fast, careful; give one of them
                """)
    }

    /// A supervisor can tell a wrong command line from a wrong environment.
    @Test func theExitCodeTellsWhereTheMistakeIs() {
        #expect(problem(["--weight", "0"])?.exitCode == .usage)
        #expect(problem(environment: ["HEADFRAME_WEIGHT": "0"])?.exitCode == .configuration)
        #expect(problem(["--mode", "fast", "--delay", "6"])?.exitCode == .configuration)
    }

    @Test func combinationsAreChecked() {
        #expect(
            problem(["--mode", "fast", "--delay", "6"])?.message
                == "--mode fast waits at most 5s; give a shorter --delay, or --mode careful")
    }

    // MARK: --help, --version

    private func printed(_ arguments: [String]) throws -> String? {
        let loader = ConfigurationLoader<SampleConfiguration>(
            arguments: arguments, environment: ["HEADFRAME_WEIGHT": "nonsense"])
        if case .print(let text) = try loader.load() { return text }
        return nil
    }

    @Test func versionIsPrinted() throws {
        #expect(try printed(["--version"]) == "sample \(HeadframeVersion.current)\n")
    }

    @Test(arguments: [["--help"], ["-h"], ["--nonsense", "--help"]])
    func helpIsPrintedWhateverElseIsWrong(arguments: [String]) throws {
        let text = try #require(try printed(arguments))
        #expect(
            text.hasPrefix(
                """
                sample \(HeadframeVersion.current): does nothing, for tests

                Usage: sample [--NAME VALUE | --NAME=VALUE]...

                Flags win over the environment,
                """))
        #expect(
            text.contains(
                """

                Of sample
                  --delay SECONDS (SAMPLE_DELAY)
                      Wait before the answer [500ms]
                  --mode MODE (SAMPLE_MODE)
                      How it works [careful]
                  --sources URLS (SAMPLE_SOURCES)
                      Where it reads from [http://127.0.0.1:1]

                Of every service
                  --instance NAME (HEADFRAME_INSTANCE)
                      Name of this instance; keep it across restarts [sample-1]
                """))
        #expect(
            text.contains(
                """
                  --redis-discovery URL (HEADFRAME_REDIS_DISCOVERY)
                      Redis of the registry [the value of --redis]
                """))
        #expect(text.contains("  --insecure (HEADFRAME_INSECURE)\n"))
        #expect(text.contains("[15s]") && text.contains("[17000-17999]") && text.contains("HEADFRAME_CONFIG"))
    }

    @Test func everySettingIsInTheHelpWithItsDefault() throws {
        let text = try #require(try printed(["--help"]))
        for named in SampleConfiguration.namedSettings {
            #expect(text.contains("  \(named.flag)") && text.contains("(\(named.environmentName))"))
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func theNearestNameIsFound() {
        #expect(nearestName(to: "prots", among: ["bind", "ports"]) == "ports")
        #expect(nearestName(to: "xxxxxxxx", among: ["bind", "ports"]) == nil)
        #expect(nearestName(to: "x", among: []) == nil)
        #expect(nearestName(to: String(repeating: "x", count: 1_000_000), among: ["ports"]) == nil)
    }
}
