internal import AsyncHTTPClient
internal import CoinDaemon
internal import Foundation
internal import TestSupport
internal import Testing

/// What a client makes of servers that are no daemon, or not a healthy one.
@Suite struct ClientFaultTests {
    private static let limits = CoinDaemonClient.Configuration(
        callDeadline: .seconds(30), maximumResponseBytes: 10_000)

    /// What a server does, and what the error is then.
    struct Fault: CustomTestStringConvertible {
        var behaviour: RawServer.Behaviour
        var code: CoinDaemonError.Code
        var hint: String

        init(_ behaviour: RawServer.Behaviour, _ code: CoinDaemonError.Code, _ hint: String) {
            (self.behaviour, self.code, self.hint) = (behaviour, code, hint)
        }

        var testDescription: String { "\(code), \(hint)" }
    }

    static let faults = [
        Fault(.hang, .timeout, "within 0.3 seconds"),
        Fault(
            .answerThenHang("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"result\":"), .timeout,
            "within 0.3 seconds"),
        Fault(.close, .unreachable, "start the daemon"),
        Fault(.answer("SSH-2.0-OpenSSH_9.2\r\n"), .unreachable, "start the daemon"),
        Fault(.answer(RawServer.http(body: "<html>hello</html>")), .garbage, "begins \"<html>"),
        Fault(.answer(RawServer.http(body: "{}")), .garbage, "'result' is missing"),
        Fault(.answer(RawServer.http(body: #"{"result":"text","error":null}"#)), .garbage, "'result'"),
        Fault(.answer(RawServer.http(body: #"{"result":null,"error":null}"#)), .garbage, "'result' is null"),
        Fault(.answer(RawServer.http(body: "")), .garbage, "0 bytes"),
        Fault(.answer(RawServer.http(body: String(repeating: "x", count: 20_000))), .tooLarge, "10000 bytes"),
        Fault(.answer(RawServer.http("401 Unauthorized", body: "")), .unauthorized, "password of the user 'user'"),
        Fault(.answer(RawServer.http("403 Forbidden", body: "")), .unauthorized, "-rpcallowip"),
        Fault(
            .answer(RawServer.http("503 Service Unavailable", body: "Work queue depth exceeded")), .busy,
            "-rpcworkqueue"),
        Fault(.answer(failure(-28, "Loading block index")), .warmingUp, "Loading block index"),
        Fault(.answer(failure(-10, "is in initial sync")), .initialSync, "-maxtipage"),
        Fault(.answer(failure(-9, "is not connected")), .noPeers, "-addnode"),
        Fault(.answer(failure(-32601, "Method not found")), .rpc(-32601), "version"),
        Fault(.answer(failure(-1, "bad-txns-vin-empty")), .rpc(-1), "bad-txns-vin-empty"),
    ]

    private static func failure(_ code: Int, _ message: String) -> String {
        RawServer.http(
            "500 Internal Server Error",
            body: #"{"result":null,"error":{"code":\#(code),"message":"\#(message)"},"id":"x"}"#)
    }

    @Test(arguments: faults) func `a fault has its code, and its message says where and what to do`(
        fault: Fault
    ) async throws {
        let server = try RawServer(fault.behaviour)
        let error = await failureOfCall(
            "http://user:secret@127.0.0.1:\(server.port)", deadline: fault.code == .timeout ? .milliseconds(300) : nil)
        #expect(error?.code == fault.code)
        let message = error?.message ?? ""
        #expect(message.contains(fault.hint), "\(message)")
        #expect(message.contains("getblockcount on the coin daemon at http://127.0.0.1:\(server.port)/"), "\(message)")
        #expect(!message.contains("secret"))
    }

    @Test func `a refused connection is an answer at once`() async throws {
        let port = try FreePort.pick()
        let start = ContinuousClock.now
        let error = await failureOfCall("http://127.0.0.1:\(port)")
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("Connection refused") == true, "\(error?.message ?? "")")
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func `a name that does not resolve is said`() async throws {
        let error = await failureOfCall("http://no-such-host.invalid:1")
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("no-such-host.invalid") == true, "\(error?.message ?? "")")
    }

    @Test func `a cookie file that is not there is named`() async throws {
        let error = await failureOfCall("http://127.0.0.1:1?cookie=/no/such/.cookie")
        #expect(error?.code == .unauthorized)
        #expect(error?.message.contains("/no/such/.cookie") == true)
    }

    @Test func `cancelling a call ends it at once`() async throws {
        let server = try RawServer(.hang)
        try await withHTTPClient { http in
            let client = CoinDaemonClient(try DaemonEndpoint(parsing: "http://127.0.0.1:\(server.port)"), http: http)
            let (error, took) = await withTaskGroup(of: CoinDaemonError?.self) { group in
                group.addTask { await Self.failure { _ = try await client.blockCount() } }
                try? await eventually("a connection") { server.connectionCount > 0 }
                let start = ContinuousClock.now
                group.cancelAll()
                return (await group.next() ?? nil, ContinuousClock.now - start)
            }
            #expect(error?.code == .cancelled)
            #expect(took < .seconds(2))
        }
    }

    private func failureOfCall(_ address: String, deadline: Duration? = nil) async -> CoinDaemonError? {
        try? await withHTTPClient { http in
            let client = CoinDaemonClient(
                try DaemonEndpoint(parsing: address), http: http, configuration: Self.limits)
            return await Self.failure { _ = try await client.call("getblockcount", as: Int.self, deadline: deadline) }
        }
    }

    private static func failure(_ body: () async throws -> Void) async -> CoinDaemonError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? CoinDaemonError
        }
    }
}
