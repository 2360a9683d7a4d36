import EventLoop
import Foundation
import Logging
import Mesh
import MeshZeroMQ
import MessagePack
import ZeroMQ

/// A registry that lists what it was given: a benchmark of calls needs no Redis.
struct FixedRegistry: Registry {
    let records: [InstanceRecord]
    let announced: @Sendable (InstanceRecord) -> Void
    let timeToLive = Duration.seconds(15)

    func reserve(_ name: InstanceName) async throws -> Epoch { 1 }

    func announce(_ record: InstanceRecord) async throws -> Announcement {
        announced(record)
        return .listed
    }

    func leave(_ name: InstanceName, epoch: Epoch) async throws {}

    func watch(_ receive: @escaping @Sendable (RegistryEvent) -> Void) async throws {
        receive(.snapshot(records))
        try await Task.sleep(for: .seconds(86_400))
    }
}

/// The serving process.
enum EchoServer {
    static func run() async throws {
        var service = ServiceDefinition(name: "echo")
        service.method("echo", "Gives back what it got.", arguments: ["bytes"], execution: .loop) {
            (_, bytes: [UInt8]) in bytes
        }
        let loop = try EventLoop()
        var configuration = MeshNode.Configuration(name: InstanceName(service: "echo", instance: "echo-1"))
        configuration.limits.callsRunning = 100_000
        let registry = FixedRegistry(records: []) { record in
            // The one line that the caller waits for.
            print(record.endpoint, record.nonce)
            fflush(nil)
        }
        let node = MeshNode(
            configuration, service: service, transport: ZeroMQTransport(context: try Context(), loop: loop),
            registry: registry,
            reactor: loop)
        node.setReady()
        try await node.run()
    }
}

/// The serving process, from outside.
final class EchoProcess {
    let record: InstanceRecord
    private let process = Process()

    init() throws {
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--serve"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, let nonce = UInt64(words[1]) else { throw Usage() }
        record = InstanceRecord(
            name: InstanceName(service: "echo", instance: "echo-1"), epoch: 1, nonce: nonce, endpoint: String(words[0]),
            state: .ready)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
