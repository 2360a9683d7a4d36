internal import Foundation
internal import TestSupport
internal import Testing

@Suite struct ChildProcessTests {
    @Test func `output and exit code are captured`() async throws {
        let process = try ChildProcess.start("/bin/sh", ["-c", "echo one; echo two >&2; exit 3"])
        #expect(try await process.waitForExit() == .code(3))
        #expect(process.outputLines == ["one"])
        #expect(process.errorLines == ["two"])
    }

    @Test func `a process that ignores SIGTERM is killed`() async throws {
        let process = try ChildProcess.start(
            "/bin/sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"])
        try await process.waitForLine { $0 == "ready" }
        #expect(try await process.terminate(deadline: .milliseconds(200)) == .signal(SIGKILL))
    }

    @Test func `the last reference takes the process along`() async throws {
        var process: ChildProcess? = try ChildProcess.start("/bin/sleep", ["600"])
        let pid = process!.pid
        #expect(kill(pid, 0) == 0)
        process = nil
        #expect(kill(pid, 0) == -1)
    }

    @Test func `a program that does not exist is an error that names it`() {
        #expect { try ChildProcess.start("/no/such/program") } throws: { "\($0)".contains("/no/such/program") }
    }
}

@Suite struct RedisServerTests {
    @Test func `a restarted server has the same port and, where asked, its data`() async throws {
        let server = try await RedisServer.start(arguments: ["--appendonly", "yes", "--appendfsync", "always"])
        try server.command("SET", "key", "value")
        try await server.kill()
        #expect(throws: TestSupportError.self) { try server.command("PING") }
        try await server.restart()
        #expect(try server.command("GET", "key") == "$5\r\nvalue\r\n")
        #expect(server.url == "redis://127.0.0.1:\(server.port)")
        try await server.shutdown()
        #expect(server.currentProcess.exit == .code(0))
    }
}
