internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// From the command line to the exit status, with real signals.
extension ProcessTests {
    // MARK: Before the start

    @Test func helpIsForStandardOutput() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            await runService(SampleConfiguration.self, arguments: ["--help"], environment: [:]) { _ in [] }
        }
        #expect(
            output(of: result).contains("sample \(HeadframeVersion.current): does nothing, for tests"))
    }

    @Test func aWrongCommandLineIsForStandardError() async {
        let result = await #expect(processExitsWith: .exitCode(64), observing: [\.standardErrorContent]) {
            await runService(SampleConfiguration.self, arguments: ["--prots", "1", "--zone"], environment: [:]) { _ in
                []
            }
        }
        #expect(
            errors(of: result).contains(
                """
                sample: --prots: there is no such flag; did you mean --ports?
                sample: --zone: the value is missing; see --help

                """))
    }

    @Test func aWrongEnvironmentHasAnotherStatus() async {
        await #expect(processExitsWith: .exitCode(78)) {
            await runService(SampleConfiguration.self, arguments: [], environment: ["SAMPLE_DELAY": "x"]) { _ in [] }
        }
    }

    @Test func aTakenPortEndsTheProcess() async throws {
        let server = try RawServer(.hang)
        let result = await #expect(processExitsWith: .exitCode(69), observing: [\.standardErrorContent]) {
            [port = server.port as Int] in
            await runService(SampleConfiguration.self, arguments: ["--http-port=\(port)"], environment: [:]) { _ in
                [Scope("part") { try await untilCancelled() }]
            }
        }
        #expect(
            errors(of: result).contains(
                "sample: cannot bind the HTTP listener to 127.0.0.1:\(server.port); free the port, or give another"))
    }

    // MARK: The end

    @Test func aSignalDrainsInReverseOrder() async {
        let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
            await runService(
                SampleConfiguration.self, arguments: ["--instance", "sample-7", "--http-port=off"],
                environment: ["HEADFRAME_PROTS": "1"]
            ) { runtime in
                ["first", "second"].map { name in
                    Scope("part") {
                        if name == "second" {
                            try await eventually("ready") { runtime.readiness.notReady.isEmpty }
                            // A peer that hangs up must not end the process.
                            kill(getpid(), SIGPIPE)
                            kill(getpid(), SIGTERM)
                        }
                        defer { runtime.logger.notice("ended", metadata: ["part": "\(name)"]) }
                        try? await untilCancelled()
                    }
                }
            }
        }
        let events = errors(of: result).split(separator: "\n").compactMap { line in
            line.firstRange(of: "sample-7: ").map { String(line[$0.upperBound...]) }
        }
        #expect(events.first?.contains("HEADFRAME_PROTS in the environment is not known") == true)
        #expect(events.count { $0.hasPrefix("ready after=") } == 1)
        #expect(events.contains(#"draining budget=20s cause="signal 15""#))
        #expect(
            events.filter { $0 == "drained" || $0.hasPrefix("ended") }
                == ["ended part=second", "ended part=first", "drained"])
        #expect(!errors(of: result).contains("\u{1b}"), "no colours off a terminal")
    }

    @Test func aSecondSignalEndsAtOnce() async {
        await #expect(processExitsWith: .exitCode(143)) {
            await runService(SampleConfiguration.self, arguments: ["--http-port=off"], environment: [:]) { runtime in
                [
                    Scope("part") {
                        try await eventually("ready") { runtime.readiness.notReady.isEmpty }
                        kill(getpid(), SIGTERM)
                        try? await eventually("draining") { !runtime.readiness.notReady.isEmpty }
                        kill(getpid(), SIGTERM)
                        await forever()
                    }
                ]
            }
        }
    }

    @Test func theEndOfTheDrainBudgetEndsAtOnce() async {
        await #expect(processExitsWith: .exitCode(124)) {
            await runService(SampleConfiguration.self, arguments: ["--drain-seconds=100ms"], environment: [:]) {
                runtime in
                [
                    Scope("part") {
                        try await eventually("ready") { runtime.readiness.notReady.isEmpty }
                        kill(getpid(), SIGTERM)
                        await forever()
                    }
                ]
            }
        }
    }

    @Test func aServiceThatFailsEndsTheProcessByItsError() async {
        let result = await #expect(processExitsWith: .exitCode(75), observing: [\.standardErrorContent]) {
            await runService(SampleConfiguration.self, arguments: ["--log-format=json"], environment: [:]) { _ in
                [
                    Scope("part") { try await untilCancelled() },
                    Scope("part") { throw ServiceKitError(.fenced, "a newer epoch has taken over") },
                ]
            }
        }
        let errors = errors(of: result)
        #expect(
            errors.contains(
                #""message":"a service failed","metadata":{"error":"a newer epoch has taken over","part":"part"}"#))
        #expect(errors.contains("sample: a newer epoch has taken over\n"))
    }

    /// The listener is cancelled by the end of another part: that is no error of its own.
    @Test func aServiceThatFailsIsTheOnlyErrorInTheLog() async throws {
        let port = try FreePort.pick()
        let result = await #expect(processExitsWith: .exitCode(75), observing: [\.standardErrorContent]) {
            [port = port as Int] in
            await runService(SampleConfiguration.self, arguments: ["--http-port=\(port)"], environment: [:]) { _ in
                [
                    Scope("part") {
                        try await eventually("the listener takes connections") {
                            (try? LoopbackClient(port: port)) != nil
                        }
                        throw ServiceKitError(.fenced, "a newer epoch has taken over")
                    }
                ]
            }
        }
        let lines = errors(of: result).split(separator: "\n")
        #expect(lines.count { $0.contains(" ERROR ") } == 0, "\(lines)")
        #expect(lines.count { $0.contains(" CRITICAL ") } == 1, "\(lines)")
    }

    /// Otherwise the rest of the process would go on without it.
    @Test func aServiceThatEndsByItselfIsAFailure() async {
        let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
            await runService(SampleConfiguration.self, arguments: [], environment: [:]) { _ in
                [Scope("part") { try await untilCancelled() }, Scope("part") {}]
            }
        }
        #expect(errors(of: result).contains("sample: part ended although nobody had asked it to"))
    }
}

/// What a service does that has nothing to do.
private func untilCancelled() async throws {
    // Time passes until the test is over; nothing is expected to happen in it.
    try await Task.sleep(for: .seconds(60))
}

/// Waits for nothing, whatever is asked of it.
private func forever() async {
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
}
