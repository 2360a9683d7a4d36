internal import Mesh
internal import MessagePack

/// Asks each registered instance for a sign of life, and whether it is ready.
struct InstanceCheck {
    let session: MeshSession

    func findings(_ instances: [RegisteredInstance]) async throws -> [Finding] {
        try await withThrowingTaskGroup(of: (Int, Finding).self) { group in
            for (index, instance) in instances.enumerated() {
                group.addTask(name: "ping \(instance.record.name)") { (index, try await finding(instance.record)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func finding(_ record: InstanceRecord) async throws -> Finding {
        let subject = "instance \(record.name)"
        do {
            let ping = Ping(destination: .instance(record.name), timeout: .seconds(3))
            let time = try await ping.roundTrip(session)
            return Self.answered(record, within: time, notReady: try await notReady(record.name))
        } catch let error as MeshError {
            return silence(of: record, subject, error)
        }
    }

    /// The reasons of the conditions that do not hold, by condition; empty where an instance cannot say.
    private func notReady(_ name: InstanceName) async throws -> [String: String] {
        let request = CallRequest(
            .instance(name), "_mesh_readyz", arguments: Payload(try JSONArgument.payload([])),
            options: CallOptions(timeout: .seconds(3), isIdempotent: true))
        do {
            let reply = try await session.node.call(request)
            return try reply.withBytes { try MessagePackDecoder().decode([String: String].self, from: $0) }
        } catch let error as MeshError where [.unknownMethod, .remote].contains(error.code) {
            return [:]
        } catch let error as MessagePackError {
            return ["_mesh_readyz": "it answers with something else than reasons: \(error)"]
        }
    }

    /// One that answers and takes no work is named with what it waits for.
    static func answered(
        _ record: InstanceRecord, within time: Duration, notReady: [String: String]
    ) -> Finding {
        let subject = "instance \(record.name)"
        let answer = "answers at \(record.endpoint) within \(Times.milliseconds(time)), \(record.state.rawValue)"
        let reasons = notReady.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
        let remedy: String
        switch (record.state, reasons.isEmpty) {
        case (.ready, true): return .ok(subject, answer)
        case (.draining, _): remedy = "nothing where it is being stopped: it finishes what it has"
        case (_, true): remedy = "it takes no work and does not say why: look at its log"
        case (_, false): remedy = "nothing where it has just started; else mend what it names, its log has more"
        }
        return .warn(subject, reasons.isEmpty ? answer : "\(answer), not ready: \(reasons)", mend: remedy)
    }

    /// What a missing answer means depends on whether somebody listens at all.
    private func silence(of record: InstanceRecord, _ subject: String, _ error: MeshError) -> Finding {
        if let refusal = TCPEndpoint(record.endpoint).flatMap({
            LocalPort.refusal(host: $0.host, port: $0.port, milliseconds: 1000)
        }) {
            return .fail(
                subject, "\(record.endpoint) does not accept a connection: \(refusal)",
                mend: "if it just died its record expires; else check that its address is reachable from here "
                    + "(HEADFRAME_ADVERTISE, firewall)")
        }
        return .fail(
            subject, "\(record.endpoint) accepts connections and this life of the instance does not answer: \(error)",
            mend: "the process hangs, or another one took its port: look at its log, and restart it")
    }
}

/// Host and port of a `tcp://` endpoint.
struct TCPEndpoint: Equatable {
    let host: String
    let port: UInt16

    /// Nil for what is none.
    init?(_ endpoint: String) {
        guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":"),
            let port = UInt16(endpoint[endpoint.index(after: colon)...])
        else { return nil }
        let host = endpoint[..<colon].dropFirst(6)
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }
}
