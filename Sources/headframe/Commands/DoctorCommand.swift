internal import ArgumentParser
internal import Foundation
internal import Mesh
internal import MeshRedis
internal import MessagePack
internal import ServiceKit

/// Looks for what is wrong.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong with the mesh and say how to mend it.",
        discussion: """
            Looks at each Redis server (reachable, version, persistence, eviction policy, clock), the range of ports, the \
            coin daemons of JOBMANAGER_DAEMONS, the registry's list, and each registered instance (connection, answer \
            of its handlers, and why it is not ready). Changes nothing.

            Prints one line for each: ok, warn or fail, with what to do. Exits with 1 when something fails.
            """)

    @Flag(help: "Print JSON: {ok, findings: [{verdict, subject, finding, remedy}]}.")
    var json = false

    @OptionGroup var mesh: MeshOptions

    func run() async throws {
        let settings = try mesh.start()
        var report = Report(json: json)
        let source =
            settings.environmentFile.map { "\($0), under the environment" } ?? "the environment; there is no env file"
        try report.add([.ok("settings", "namespace \(settings.service.namespace), from \(source)")])
        let redis = try await RedisCheck(settings: settings).findings()
        try report.add(redis)
        try report.add([PortsCheck(range: settings.service.ports, address: settings.service.bind).finding()])
        try report.add(await DaemonCheck(settings: settings).findings())
        do {
            try report.add(await mesh(settings))
        } catch {
            guard let failure = CommandFailure(error) else { throw error }
            let message = (error as? RedisRegistryError)?.description ?? failure.message
            try report.add([
                .fail(
                    "registry", "it cannot be read: \(message)",
                    mend: "mend Redis first; services that run go on without it")
            ])
        }
        try report.end()
    }

    private func mesh(_ settings: OperatorSettings) async throws -> [Finding] {
        try await withMesh(settings) { session in
            let instances = try await session.registry.instances()
            let answers = try await InstanceCheck(session: session).findings(instances)
            let silent = zip(instances, answers).filter { $0.1.verdict == .fail }.map(\.0.record.name)
            let review = RegistryReview(
                instances: instances, knownServices: try await session.registry.knownServices(), silent: Set(silent),
                timeToLive: settings.service.registryTTL,
                unixMilliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            return review.findings + answers
        }
    }

    /// Text as it is found, JSON at the end.
    private struct Report {
        let json: Bool
        var findings: [Finding] = []

        mutating func add(_ more: [Finding]) throws {
            findings += more
            guard !json else { return }
            for finding in more { try StandardOutput.write(finding.text(.standardOutput)) }
        }

        func end() throws {
            let failed = findings.count { $0.verdict == .fail }
            let warned = findings.count { $0.verdict == .warn }
            if json {
                try StandardOutput.line(
                    JSONText.forReader(.map(["ok": .bool(failed == 0), "findings": .array(findings.map(\.json))])))
            } else {
                try StandardOutput.line(
                    "\n\(counted(findings.count, "check")), \(failed) failed, \(counted(warned, "warning"))")
            }
            if failed > 0 { throw CommandFailure(.refused, "") }
        }
    }
}
