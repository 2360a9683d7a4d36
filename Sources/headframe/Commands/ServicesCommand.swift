internal import ArgumentParser
internal import Foundation
internal import Mesh
internal import MessagePack

/// Lists what is registered.
struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services",
        abstract: "List the services and their instances.",
        discussion: """
            Shows what the registry lists: a hint, not proof of life. “headframe ping” asks the instances themselves.

            --json prints one array of {service, instance, epoch, state, endpoint, version, zone, uptimeSeconds, load, \
            heartbeatAgeSeconds}. The age counts from the last renewal, which comes every third of the registry's time to \
            live (5 s by default); the epoch tells one life of an instance from the next.
            """)

    @Flag(help: "Print JSON instead of a table; with --watch one array a line.")
    var json = false

    @Flag(help: "Go on, and print again whenever something changes.")
    var watch = false

    @OptionGroup var mesh: MeshOptions

    func run() async throws {
        let settings = try mesh.start()
        try await withMesh(settings) { session in
            watch ? try await follow(session.registry) : try show(await session.registry.instances())
        }
    }

    private func follow(_ registry: any RegistryListing) async throws {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "watch") {
                defer { continuation.finish() }
                try await registry.watch { continuation.yield() }
            }
            var shown: [InstanceRecord]?
            for await _ in changes {
                let instances: [RegisteredInstance]
                do {
                    instances = try await registry.instances()
                } catch {
                    // A registry that is away comes back; the next event tells.
                    Diagnostics.note("the registry cannot be read: \(error)")
                    continue
                }
                let records = instances.map(\.record.withoutLoad)
                // A terminal shows ages as well, which are new with every event.
                guard StandardOutput.isTerminal || records != shown else { continue }
                shown = records
                if StandardOutput.isTerminal, !json { try StandardOutput.write(Self.clearScreen) }
                try show(instances)
            }
            group.cancelAll()
        }
    }

    /// Cursor to the upper left corner, everything from there erased (ECMA-48 CUP and ED).
    private static let clearScreen = "\u{1b}[H\u{1b}[J"

    private func show(_ instances: [RegisteredInstance]) throws {
        let now = Date()
        let report = ServicesReport(instances, unixMilliseconds: Int64(now.timeIntervalSince1970 * 1000))
        guard json else { return try StandardOutput.write(report.table(.standardOutput)) }
        try StandardOutput.line(watch ? JSONText.compact(report.json) : JSONText.forReader(report.json))
    }
}

extension InstanceRecord {
    /// The record without what changes all the time.
    fileprivate var withoutLoad: InstanceRecord {
        var record = self
        record.load = 0
        return record
    }
}
