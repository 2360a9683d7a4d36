internal import DurableQueue
internal import FoundationEssentials
internal import Mesh

/// A queue, and who told of it.
struct PlacedReport: Sendable {
    let place: InstanceName
    let report: QueueReport
}

/// Asks the instances of a mesh about their queues.
struct QueueAsker: Sendable {
    /// Every queue of every instance that answered.
    let all: [PlacedReport]
    /// The instances that did not answer; who they are has been said.
    let silent: [InstanceName]

    private let session: MeshSession
    private let timeout: Duration

    private enum Answer: Sendable {
        case queues([PlacedReport])
        case none
        case failed(MeshError)
    }

    /// Asks every registered instance, or all those of one name, which queues it has.
    ///
    /// - Throws: ``CommandFailure`` when there is nobody to ask, or the registry cannot be read.
    static func asking(_ session: MeshSession, instance: String?, timeout: Duration) async throws -> QueueAsker {
        let listed = try await session.registry.instances().map(\.record.name)
        let asked = listed.filter { instance == nil || $0.instance == instance }
        guard !asked.isEmpty else {
            throw CommandFailure(
                .unavailable,
                instance.map { "no instance “\($0)” is registered; headframe services lists those that are" }
                    ?? "no service is registered, so there is nobody to ask; see headframe doctor")
        }
        var (all, silent): ([PlacedReport], [InstanceName]) = ([], [])
        try await withThrowingTaskGroup(of: (InstanceName, Answer).self) { group in
            for name in asked {
                group.addTask(name: "queues of \(name)") { (name, try await queues(of: name, session, timeout)) }
            }
            for try await (name, answer) in group {
                switch answer {
                case .queues(let queues): all += queues
                case .none: break
                case .failed(let error):
                    Diagnostics.note(
                        "\(name) was asked for its queues and did not answer: \(error); see headframe doctor")
                    silent.append(name)
                }
            }
        }
        all.sort {
            ($0.report.name, $0.place, $0.report.store.uuidString) < (
                $1.report.name, $1.place, $1.report.store.uuidString
            )
        }
        return QueueAsker(all: all, silent: silent, session: session, timeout: timeout)
    }

    private static func queues(
        of name: InstanceName, _ session: MeshSession, _ timeout: Duration
    ) async throws -> Answer {
        do {
            let reports: [QueueReport] = try await session.node.call(
                .instance(name), "queues", options: CallOptions(timeout: timeout))
            return .queues(reports.map { PlacedReport(place: name, report: $0) })
        } catch let error as MeshError {
            // It has none to offer.
            return error.code == .unknownMethod ? .none : .failed(error)
        }
    }

    /// The queues of a name.
    ///
    /// - Throws: ``CommandFailure`` where there is none.
    func named(_ name: String) throws(CommandFailure) -> [PlacedReport] {
        let found = all.filter { $0.report.name == name }
        guard found.isEmpty else { return found }
        let known = Set(all.map(\.report.name)).sorted().joined(separator: ", ")
        throw CommandFailure(
            .unavailable,
            "no instance that answered has a queue “\(name)”; \(known.isEmpty ? "none has any" : "known queues: \(known)")"
        )
    }

    /// The instances of reports, each once.
    func places(of reports: [PlacedReport]) -> [InstanceName] { Set(reports.map(\.place)).sorted() }

    /// Calls a method of an instance.
    ///
    /// - Throws: ``CommandFailure`` that names the instance.
    func call<each Argument: Encodable & Sendable, Result: Decodable & Sendable>(
        _ place: InstanceName, _ method: String, _ arguments: repeat each Argument
    ) async throws -> Result {
        do {
            return try await session.node.call(
                .instance(place), method, repeat each arguments, options: CallOptions(timeout: timeout))
        } catch let error as MeshError {
            let failure = CommandFailure(error)
            throw CommandFailure(failure.status, "\(method) of \(place) failed: \(failure.message)")
        }
    }
}
