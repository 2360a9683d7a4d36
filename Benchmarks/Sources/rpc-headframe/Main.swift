import Foundation

/// What a call through the mesh costs, beside `rpc-raw`: the same payload, the same two processes, the same TCP loopback.
///
/// Starts itself as the server, then calls its method `echo` with bytes: through the default API, and from a task that prefers
/// the I/O thread. Prints one line of JSON for each.
@main
enum Main {
    static func main() async throws {
        let options = try Workload(arguments: Array(CommandLine.arguments.dropFirst()))
        if options.isServer { return try await EchoServer.run() }
        let server = try EchoProcess()
        defer { server.stop() }
        try await EchoClient.withClient(of: server.record) { client in
            for mode in Mode.allCases {
                let result = try await client.measure(options, mode: mode)
                print(result.json(mode: mode, options))
            }
        }
    }
}

/// Where the caller runs.
enum Mode: String, CaseIterable, Sendable {
    /// A task that prefers the I/O thread.
    case loop
    /// Any task.
    case standard = "default"
}

/// How much is done.
struct Workload: Sendable {
    var payloadBytes = 100
    var roundTrips = 50_000
    var requests = 500_000
    var inFlight = 64
    var isServer = false

    static let rounds = 5

    init(arguments: [String]) throws {
        if arguments == ["--serve"] {
            isServer = true
            return
        }
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else { throw Usage() }
            switch option {
            case "--payload": payloadBytes = value
            case "--round-trips": roundTrips = value
            case "--requests": requests = value
            case "--in-flight": inFlight = value
            default: throw Usage()
            }
        }
    }
}

struct Usage: Error, CustomStringConvertible {
    let description =
        "usage: rpc-headframe [--payload BYTES] [--round-trips N] [--requests N] [--in-flight N], each a positive number"
}
