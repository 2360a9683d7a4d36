internal import ArgumentParser
internal import Foundation
internal import Logging
internal import ServiceKit
internal import TestSupport
internal import Testing

@testable internal import headframe

@Suite struct SettingsTests {
    private let folder: TemporaryFolder
    private let below: String

    init() throws {
        folder = try TemporaryFolder("settings")
        below = folder.path + "/a/b"
        try FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: true)
    }

    private func write(_ text: String, to path: String) throws -> String {
        let url = URL(fileURLWithPath: folder.path + "/" + path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    @Test func theNearestEnvironmentFileIsFound() throws {
        let upper = try write("", to: ".headframe/env")
        #expect(EnvironmentFileSearch.find(environment: [:], directory: below) == upper)
        let nearer = try write("", to: "a/.headframe/env")
        #expect(EnvironmentFileSearch.find(environment: [:], directory: below) == nearer)
        #expect(EnvironmentFileSearch.find(environment: ["HEADFRAME_ENV_FILE": "/x"], directory: below) == "/x")
        #expect(EnvironmentFileSearch.find(environment: ["HEADFRAME_ENV_FILE": ""], directory: below) == nearer)
    }

    @Test func flagsWinOverTheEnvironmentAndThatOverTheFile() throws {
        _ = try write(
            "HEADFRAME_REDIS=redis://file:1\nHEADFRAME_NAMESPACE=file\nJOBMANAGER_DAEMONS=http://127.0.0.1:1\n",
            to: ".headframe/env")
        let fromFile = try MeshOptions.parse([]).settings(environment: [:], directory: below)
        #expect(fromFile.service.discovery.text == "redis://file:1")
        #expect(fromFile.service.namespace == "file")
        #expect(try fromFile.daemons() == "http://127.0.0.1:1")
        let fromEnvironment = try MeshOptions.parse([]).settings(
            environment: ["HEADFRAME_NAMESPACE": "environment", "HEADFRAME_REDIS_DISCOVERY": "redis://other:1"],
            directory: below)
        #expect(fromEnvironment.service.namespace == "environment")
        #expect(fromEnvironment.service.discovery.text == "redis://other:1")
        let fromFlags = try MeshOptions.parse(["--redis", "redis://flag:1", "--namespace", "flag"])
            .settings(
                environment: ["HEADFRAME_NAMESPACE": "environment", "HEADFRAME_REDIS_DISCOVERY": "redis://other:1"],
                directory: below)
        #expect(fromFlags.service.namespace == "flag")
        #expect(fromFlags.service.discovery.text == "redis://flag:1")
    }

    @Test func withoutAnythingTheDefaultsHold() throws {
        let settings = try MeshOptions.parse([]).settings(environment: [:], directory: "/")
        #expect(settings.environmentFile == nil)
        #expect(settings.service.discovery.text == "redis://127.0.0.1:6379")
        #expect(settings.service.logLevel == .error)
        #expect(try settings.daemons() == nil)
    }

    @Test func theServicesLogLevelIsNotTheOperators() throws {
        let path = try write("HEADFRAME_LOG_LEVEL=trace\n", to: "file")
        let settings = try MeshOptions.parse(["--env-file", path]).settings(
            environment: ["HEADFRAME_LOG_LEVEL": "debug"], directory: "/")
        #expect(settings.service.logLevel == .error)
    }

    @Test func mistakesHaveTheirExitCodes() throws {
        let usage = #expect(throws: ServiceKitError.self) {
            try MeshOptions.parse(["--redis", "foo"]).settings(environment: [:], directory: "/")
        }
        #expect(usage.flatMap { CommandFailure($0) }?.status == .usage)
        #expect(usage?.message.hasPrefix("--redis foo: ") == true)
        #expect(usage?.message.contains("discovery") == false)
        let configuration = #expect(throws: ServiceKitError.self) {
            try MeshOptions.parse(["--env-file", "/nowhere/at/all"]).settings(environment: [:], directory: "/")
        }
        #expect(configuration.flatMap { CommandFailure($0) }?.status == .configuration)
        #expect(configuration?.message.hasPrefix("--env-file: /nowhere/at/all cannot be read") == true)
        let variable = #expect(throws: ServiceKitError.self) {
            try MeshOptions.parse([]).settings(environment: ["HEADFRAME_ENV_FILE": "/nowhere"], directory: "/")
        }
        #expect(variable?.message.hasPrefix("HEADFRAME_ENV_FILE: /nowhere cannot be read") == true)
    }
}
