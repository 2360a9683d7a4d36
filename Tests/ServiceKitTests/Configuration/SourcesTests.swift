internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// Where values come from, and which source wins.
@Suite struct SourcesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("configuration")
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func defaultsHold() throws {
        let (configuration, warnings) = try load()
        #expect(configuration.common.instance == "sample-1")
        #expect(configuration.common.ports == PortRange(17000...17999))
        #expect(configuration.delay == .milliseconds(500))
        #expect(warnings.isEmpty)
    }

    /// They share one environment with the services that have it.
    @Test func aSettingThatSomeServicesHaveIsNoMistakeInTheOthers() throws {
        let json = try file("json", #"{"headframe": {"share-replicas": 1}}"#)
        let (_, warnings) = try load(environment: ["HEADFRAME_SHARE_REPLICAS": "1", "HEADFRAME_CONFIG": json])
        #expect(warnings.isEmpty)
    }

    /// Takes the winner away, one source after another.
    @Test func flagsWinOverEnvironmentOverEnvironmentFileOverFile() throws {
        let variables = try file("env", "HEADFRAME_ZONE=env-file\nSAMPLE_DELAY=3s\nHEADFRAME_WEIGHT=3\n")
        let json = try file(
            "json", #"{"headframe": {"zone": "file", "weight": 4, "namespace": "file"}, "sample": {"delay": 4}}"#)
        let files = ["HEADFRAME_ENV_FILE": variables, "HEADFRAME_CONFIG": json]
        let both = files.merging(["HEADFRAME_ZONE": "environment", "SAMPLE_DELAY": "2s"]) { $1 }

        let all = try load(["--zone", "flag", "--delay=1s"], environment: both).configuration
        #expect(all.common.zone == "flag" && all.delay == .seconds(1))
        let noFlags = try load(environment: both).configuration
        #expect(noFlags.common.zone == "environment" && noFlags.delay == .seconds(2))
        let onlyFiles = try load(environment: files).configuration
        #expect(onlyFiles.common.zone == "env-file" && onlyFiles.delay == .seconds(3))
        #expect(onlyFiles.common.weight == 3 && onlyFiles.common.namespace == "file")
        let onlyJSON = try load(["--config", json]).configuration
        #expect(onlyJSON.common.zone == "file" && onlyJSON.delay == .seconds(4) && onlyJSON.common.weight == 4)
    }

    @Test func theEnvironmentFileMayNameTheJSONFile() throws {
        let json = try file("json", #"{"headframe": {"zone": "file"}}"#)
        let variables = try file("env", "HEADFRAME_CONFIG=\(json)")
        #expect(try load(environment: ["HEADFRAME_ENV_FILE": variables]).configuration.common.zone == "file")
    }

    @Test func anEmptyVariableCountsAsNotSet() throws {
        let environment = ["HEADFRAME_ZONE": "", "HEADFRAME_ENV_FILE": "", "HEADFRAME_CONFIG": ""]
        #expect(try load(environment: environment).configuration.common.zone == nil)
    }

    @Test func aFileHasNumbersAndYesAndNo() throws {
        let path = try file(
            "json",
            #"{"headframe": {"insecure": true, "bind": "10.0.0.1", "weight": 7, "http-port": 9100}, "sample": {"delay": 0.5}, "other": {"x": 1}}"#
        )
        let (configuration, warnings) = try load(["--config", path])
        #expect(configuration.common.insecure && configuration.common.weight == 7)
        #expect(configuration.common.httpPort == .port(9100) && configuration.delay == .milliseconds(500))
        #expect(warnings.isEmpty, "sections of other services are theirs")
    }

    @Test func theRedisURLsDefaultToOne() throws {
        let (configuration, _) = try load(["--redis", "redis://one:1", "--redis-state", "unix:///run/two.sock"])
        #expect(configuration.common.discovery.text == "redis://one:1")
        #expect(configuration.common.state.text == "unix:///run/two.sock")
        #expect(configuration.common.sharelog.text == "redis://one:1")
    }

    // MARK: What is wrong in a file

    @Test func unknownNamesInAFileAreMistakesWithAHint() throws {
        let path = try file("json", #"{"headframe": {"prots": "1-2"}, "sample": {"delya": 1, "quite-different": 1}}"#)
        let error = try #require(problem(["--config", path]))
        #expect(error.code == .configuration)
        #expect(
            error.message == """
                headframe.prots in \(path): there is no such setting; did you mean ports?
                sample.delya in \(path): there is no such setting; did you mean delay?
                sample.quite-different in \(path): there is no such setting; see --help
                """)
    }

    @Test func aWrongValueInAFileIsNamedByItsKey() throws {
        let path = try file("json", #"{"headframe": {"weight": 0, "zone": {"a": 1}, "bind": [1.5]}}"#)
        #expect(
            problem(["--config", path])?.message == """
                headframe.zone.a in \(path): there is no such setting; did you mean zone?
                headframe.bind = ... in \(path): neither text, a number nor an array of them
                headframe.weight = 0 in \(path): not a whole number from 1 to 1000; give one such as 1
                """)
    }

    @Test(arguments: ["", "[]", "{", #"{"headframe": 1}"#, "ports: 1"])
    func whatIsNoObjectOfObjectsIsSaid(text: String) throws {
        let path = try file("json", text)
        let error = try #require(problem(["--config", path]))
        #expect(error.message.hasPrefix("--config: \(path) is not a JSON object of objects"))
        #expect(error.message.contains(#"{"headframe": {"ports": "17000-17999"}}"#))
    }

    @Test func thePlaceOfASyntaxErrorIsSaid() throws {
        let path = try file("json", "{\n  \"headframe\": {,}\n}")
        #expect(
            problem(["--config", path])?.message.contains(
                "is not a JSON object of objects (Invalid value around character 18.); write") == true)
    }

    @Test func aFileThatCannotBeReadIsNamedWithTheReason() {
        let missing = folder.path + "/none"
        #expect(
            problem(environment: ["HEADFRAME_CONFIG": missing])?.message
                == "HEADFRAME_CONFIG: \(missing) cannot be read (No such file or directory); give the path of a readable file"
        )
        #expect(
            problem(environment: ["HEADFRAME_ENV_FILE": folder.path])?.message
                == "HEADFRAME_ENV_FILE: \(folder.path) cannot be read (Is a directory); give the path of a readable file"
        )
    }

    @Test func whoGaveTheNameOfAFileOfVariablesIsNamed() {
        let loader = ConfigurationLoader<SampleConfiguration>(
            arguments: [], environment: ["HEADFRAME_ENV_FILE": folder.path], environmentFileOrigin: "--env-file")
        let error = #expect(throws: ServiceKitError.self) { try loader.load() }
        #expect(error?.message.hasPrefix("--env-file: \(folder.path) cannot be read") == true)
    }

    @Test func aFileWithoutEndIsNotReadToItsEnd() {
        #expect(
            problem(["--config", "/dev/zero"])?.message
                == "--config: /dev/zero has more than 1048576 bytes; give a configuration file")
    }

    // MARK: Files of variables

    @Test func linesOfVariablesAreRead() {
        let file = EnvironmentFile(
            """
            # a comment

            A=1
              export B = "two words"
            C='x=y'
            D=
            E="
            """)
        #expect(file.values == ["A": "1", "B": "two words", "C": "x=y", "D": "", "E": "\""])
        #expect(file.problems.isEmpty)
    }

    @Test func linesMayEndAsOnWindows() {
        #expect(EnvironmentFile("A=1\r\nB=2\r\n").values == ["A": "1", "B": "2"])
    }

    @Test func aLineThatIsNoVariableIsNumberedButNotShown() throws {
        let path = try file("env", "A=1\nsecret\n=x\n")
        let error = try #require(problem(environment: ["HEADFRAME_ENV_FILE": path]))
        #expect(
            error.message
                == "\(path), line 2: not KEY=value; begin comments with #\n\(path), line 3: not KEY=value; begin comments with #"
        )
    }

    // MARK: Unknown variables

    @Test func unknownVariablesAreWarnings() throws {
        let path = try file("env", "HEADFRAME_WIEGHT=1")
        let (_, warnings) = try load(environment: [
            "HEADFRAME_PROTS": "1", "HEADFRAME_SOMETHING_ELSE": "1", "SAMPLE_DELYA": "1", "SAMPLE_QUITE_OTHER": "1",
            "PATH": "/bin", "HEADFRAME_ENV_FILE": path,
        ])
        #expect(
            warnings == [
                "HEADFRAME_PROTS in the environment is not known and has no effect; did you mean HEADFRAME_PORTS?",
                "HEADFRAME_SOMETHING_ELSE in the environment is not known and has no effect; see --help",
                "SAMPLE_DELYA in the environment is not known and has no effect; did you mean SAMPLE_DELAY?",
                "HEADFRAME_WIEGHT in \(path) is not known and has no effect; did you mean HEADFRAME_WEIGHT?",
            ])
    }
}
