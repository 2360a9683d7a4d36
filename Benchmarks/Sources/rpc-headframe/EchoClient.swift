import EventLoop
import Foundation
import Mesh
import MeshZeroMQ
import MessagePack
import ZeroMQ

/// What was measured.
struct Measurement: Sendable {
    let p50: Duration
    let p99: Duration
    let requestsPerSecond: Double
    let residentKilobytes: (before: Int, after: Int)

    func json(mode: Mode, _ workload: Workload) -> String {
        func microseconds(_ duration: Duration) -> String { String(format: "%.1f", duration / .microseconds(1)) }
        return """
            {"benchmark":"rpc-headframe-\(mode.rawValue)","payloadBytes":\(workload.payloadBytes),\
            "roundTrips":\(workload.roundTrips),"p50Microseconds":\(microseconds(p50)),"p99Microseconds":\(microseconds(p99)),\
            "inFlight":\(workload.inFlight),"requests":\(workload.requests),\
            "requestsPerSecond":\(Int(requestsPerSecond)),\
            "residentKilobytesBefore":\(residentKilobytes.before),"residentKilobytesAfter":\(residentKilobytes.after)}
            """
    }
}

/// The calling process.
struct EchoClient: Sendable {
    let node: MeshNode
    let loop: EventLoop

    static func withClient(of record: InstanceRecord, _ body: @Sendable @escaping (EchoClient) async throws -> Void)
        async throws
    {
        let loop = try EventLoop()
        let registry = FixedRegistry(records: [record]) { _ in }
        let node = MeshNode(
            MeshNode.Configuration(), transport: ZeroMQTransport(context: try Context(), loop: loop),
            registry: registry,
            reactor: loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await node.run() }
            group.addTask { try await body(EchoClient(node: node, loop: loop)) }
            try await group.next()
            group.cancelAll()
        }
    }

    func measure(_ workload: Workload, mode: Mode) async throws -> Measurement {
        let request = try Self.request(bytes: workload.payloadBytes)
        func work() async throws -> Measurement {
            for _ in 0..<2000 { _ = try await node.call(request) }
            let latencies = try await roundTrips(request, workload.roundTrips).sorted()
            let before = Self.residentKilobytes
            let rates = try await rates(request, workload, mode: mode).sorted()
            return Measurement(
                p50: latencies[latencies.count / 2], p99: latencies[latencies.count * 99 / 100],
                requestsPerSecond: rates[rates.count / 2], residentKilobytes: (before, Self.residentKilobytes))
        }
        switch mode {
        case .loop: return try await withTaskExecutorPreference(loop) { try await work() }
        case .standard: return try await work()
        }
    }

    private static func request(bytes: Int) throws -> CallRequest {
        var writer = MessagePackWriter()
        writer.writeArrayHeader(1)
        writer.writeBinary([UInt8](repeating: 7, count: bytes))
        return CallRequest(.service("echo"), "echo", arguments: Payload(writer.bytes))
    }

    private func roundTrips(_ request: CallRequest, _ count: Int) async throws -> [Duration] {
        var latencies: [Duration] = []
        latencies.reserveCapacity(count)
        for _ in 0..<count {
            let start = ContinuousClock.now
            _ = try await node.call(request)
            latencies.append(ContinuousClock.now - start)
        }
        return latencies
    }

    private func rates(_ request: CallRequest, _ workload: Workload, mode: Mode) async throws -> [Double] {
        var rates: [Double] = []
        let perCaller = max(workload.requests / Workload.rounds / workload.inFlight, 1)
        for _ in 0..<Workload.rounds {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<workload.inFlight {
                    group.addTask(executorPreference: mode == .loop ? loop : nil) {
                        for _ in 0..<perCaller { _ = try await node.call(request) }
                    }
                }
                try await group.waitForAll()
            }
            rates.append(Double(perCaller * workload.inFlight) / ((ContinuousClock.now - start) / .seconds(1)))
        }
        return rates
    }

    /// What the process holds in memory (`VmRSS` of proc(5)).
    private static var residentKilobytes: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
