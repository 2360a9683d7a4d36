internal import Foundation
internal import Synchronization

/// One litecoind of a test's private chain.
public final class LitecoinNode: TestServer {
    /// How long it may take to end in an orderly way, after which its cookie file is gone.
    public static let shutdownDeadline = Duration.seconds(30)

    /// Where it answers JSON-RPC on 127.0.0.1; the same after a restart.
    public let rpcPort: Int
    /// Where it listens for the other nodes on 127.0.0.1.
    public let peerPort: Int

    private let chain: LitecoinChain
    private let arguments: [String]
    private let folder: TemporaryFolder
    private let process: Mutex<ChildProcess>

    /// The URL of its RPC, without credentials.
    public var url: String { "http://127.0.0.1:\(rpcPort)/" }
    /// The file with its user and password, written anew at each start.
    public var cookiePath: String { folder.path + "/\(chain.folder)/.cookie" }
    /// The URL with the cookie file, as services take it: `http://127.0.0.1:19332?cookie=/path/.cookie`.
    public var address: String { "http://127.0.0.1:\(rpcPort)?cookie=\(cookiePath)" }
    /// The process that runs now, or ran last.
    public var currentProcess: ChildProcess { process.withLock { $0 } }

    init(_ chain: LitecoinChain, peerPort: Int, connectingTo peers: [Int], arguments: [String]) throws {
        self.chain = chain
        rpcPort = try FreePort.pick()
        // A node listens for Tor as well, unless it is told where: the default port would be the same for all.
        let onionPort = try FreePort.pick()
        self.peerPort = peerPort
        folder = try TemporaryFolder("litecoin")
        self.arguments =
            [
                "-datadir=\(folder.path)", "-printtoconsole=0", "-server=1",
                "-rpcport=\(rpcPort)", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1", "-rpcthreads=16",
                "-listen=1", "-bind=127.0.0.1:\(peerPort)", "-bind=127.0.0.1:\(onionPort)=onion", "-listenonion=0",
                "-dnsseed=0", "-discover=0",
                "-maxtipage=10000000000", "-fallbackfee=0.001",
            ] + chain.arguments + (peers.isEmpty ? ["-connect=0"] : peers.map { "-connect=127.0.0.1:\($0)" })
            + arguments
        process = Mutex(try Self.launch(self.arguments, folder.path))
    }

    /// Starts it again, with the ports and data that it had, after ending it where it still runs; does not wait until it answers.
    public func restart() async throws {
        if currentProcess.exit == nil { try await shutdown() }
        let next = try Self.launch(arguments, folder.path)
        process.withLock { $0 = next }
    }

    /// Calls an RPC method and decodes its result.
    ///
    /// - Parameter parameters: a JSON array, such as `[1, "raw(51)"]`.
    public func call<Result: Decodable>(
        _ method: String, _ parameters: String = "[]", as type: Result.Type = Result.self
    ) throws -> Result {
        guard let cookie = try? String(contentsOfFile: cookiePath, encoding: .utf8) else {
            throw TestSupportError("\(method): litecoind at port \(rpcPort) has written no cookie file \(cookiePath)")
        }
        let body = #"{"jsonrpc":"1.0","id":"test","method":"\#(method)","params":\#(parameters)}"#
        let request =
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Authorization: Basic \(Data(cookie.utf8).base64EncodedString())\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            + body
        let answer = try LoopbackConnection.exchangeUntilClosed(port: rpcPort, request: request)
        guard let separator = answer.range(of: "\r\n\r\n") else {
            throw TestSupportError("\(method) on port \(rpcPort): \(answer.prefix(300))")
        }
        let content = answer[separator.upperBound...]
        do {
            return try JSONDecoder().decode(Answer<Result>.self, from: Data(content.utf8)).result
        } catch {
            throw TestSupportError("\(method) on port \(rpcPort): \(content.prefix(300)) (\(error))")
        }
    }

    /// Mines blocks on its chain and returns their hashes.
    @discardableResult
    public func generate(_ count: Int = 1) throws -> [String] {
        try call("generatetodescriptor", #"[\#(count), "raw(51)"]"#)
    }

    /// Waits until it gives block templates, for which it needs a peer, and until it has shaken hands with so many peers.
    public func waitUntilReady(peers: Int = 1, within deadline: Duration = .seconds(30)) async throws {
        var lastProblem = ""
        try await eventually(within: deadline, "litecoind at port \(rpcPort) gives templates; \(lastProblem)") {
            if let exit = currentProcess.exit {
                throw TestSupportError(
                    "litecoind at port \(rpcPort) ended (\(exit)): \(currentProcess.standardError.suffix(500))")
            }
            do {
                _ = try call("getblocktemplate", #"[{"rules":["mweb","segwit"]}]"#, as: Height.self)
                // A block that is found before the handshake is over would be announced late.
                let greeted = try call("getpeerinfo", as: [Peer].self).filter { $0.bytesrecv_per_msg["verack"] != nil }
                if greeted.count >= peers { return true }
                throw TestSupportError("\(greeted.count) of \(peers) peers have shaken hands")
            } catch {
                lastProblem = "\(error)"
                try await Task.sleep(for: .milliseconds(50))
                return false
            }
        }
    }

    /// Waits until it is ready, or, where it has no peers to wait for, until it answers.
    func waitUntilStarted(peers: Int) async throws {
        if peers > 0 { return try await waitUntilReady(peers: peers) }
        try await eventually(within: .seconds(30), "litecoind answers at port \(rpcPort)") {
            (try? call("getblockcount", as: Int.self)) != nil
        }
    }

    private static func launch(_ arguments: [String], _ folder: String) throws -> ChildProcess {
        // The program itself: Debian's /usr/bin/litecoind is a shell wrapper that writes into the home folder.
        try ChildProcess.start("/usr/lib/litecoin/litecoind", arguments, environment: ["HOME": folder])
    }

    private struct Answer<Result: Decodable>: Decodable {
        var result: Result
    }

    private struct Peer: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        var bytesrecv_per_msg: [String: Int]
    }

    private struct Height: Decodable {
        var height: Int
    }
}
