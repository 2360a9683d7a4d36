internal import ArgumentParser
internal import Foundation
internal import Mesh
internal import MessagePack
internal import ServiceKit

/// Lists what is registered.
struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services",
        abstract: "List the services and their instances.",
        discussion: """
            Shows what the registry lists: a hint, not proof of life. “headframe ping” asks the instances themselves.

            --json prints one array of {service, instance, epoch, state, endpoint, version, zone, uptimeSeconds, load, \
            heartbeatAgeSeconds, late}. The age counts from the last renewal, which comes every third of the registry's \
            time to live (5 s by default); it is late when half of that time has passed, and the instance is frozen, dead \
            or cut off from Redis then. The epoch tells one life of an instance from the next.
            """)

    @Flag(help: "Print JSON instead of a table; with --watch one array a line.")
    var json = false

    @Flag(help: "Go on, and print again whenever something changes.")
    var watch = false

    @OptionGroup var mesh: MeshOptions

    func run() async throws {
        let settings = try mesh.start()
        try await withMesh(settings) { session in
            let timeToLive = settings.service.registryTTL
            if watch {
                try await follow(session.registry, timeToLive)
            } else {
                try show(await session.registry.instances(), timeToLive)
            }
        }
    }

    /// What makes a list worth printing again: not the load, nor the age of a heartbeat as long as it is not late.
    private struct Shown: Equatable {
        var record: InstanceRecord
        let isLate: Bool

        init(_ instance: RegisteredInstance, _ timeToLive: Duration) {
            record = instance.record
            record.load = 0
            isLate = instance.isLate(timeToLive: timeToLive)
        }
    }

    private func follow(_ registry: any RegistryListing, _ timeToLive: Duration) async throws {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "watch") {
                defer { continuation.finish() }
                try await registry.watch { continuation.yield() }
            }
            // That a heartbeat does not come is no event.
            group.addTask(name: "clock") {
                while true {
                    try await Task.sleep(for: timeToLive / 10)
                    continuation.yield()
                }
            }
            var shown: [Shown]?
            var isAway = false
            for await _ in changes {
                let instances: [RegisteredInstance]
                do {
                    instances = try await registry.instances()
                    isAway = false
                } catch {
                    // A registry that is away comes back; the next event tells.
                    if !isAway { Diagnostics.note("the registry cannot be read: \(error)") }
                    isAway = true
                    continue
                }
                let new = instances.map { Shown($0, timeToLive) }
                // A terminal shows ages as well, which are new every time.
                guard StandardOutput.isTerminal || new != shown else { continue }
                if !json { try StandardOutput.write(separator(isFirst: shown == nil)) }
                shown = new
                try show(instances, timeToLive)
            }
            group.cancelAll()
        }
    }

    /// Cursor to the upper left corner, everything from there erased (ECMA-48 CUP and ED).
    private static let clearScreen = "\u{1b}[H\u{1b}[J"

    /// What stands before a table: on a terminal it takes the place of the one before.
    private func separator(isFirst: Bool) -> String {
        StandardOutput.isTerminal ? Self.clearScreen : "\(isFirst ? "" : "\n")\(Times.iso8601())\n"
    }

    private func show(_ instances: [RegisteredInstance], _ timeToLive: Duration) throws {
        let report = ServicesReport(
            instances, timeToLive: timeToLive, unixMilliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        guard json else { return try StandardOutput.write(report.table(.standardOutput)) }
        try StandardOutput.line(watch ? JSONText.compact(report.json) : JSONText.forReader(report.json))
    }
}
