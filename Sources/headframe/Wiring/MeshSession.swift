internal import Mesh
internal import MeshRedis
internal import Redis

/// An instance as the registry lists it.
struct RegisteredInstance: Sendable {
    /// What it says of itself.
    let record: InstanceRecord
    /// How long ago it was renewed, by the registry's clock; nil where that is not known.
    let heartbeatAge: Duration?

    /// Whether a renewal is overdue: one comes every third of the registry's time to live, and half of it has passed.
    func isLate(timeToLive: Duration) -> Bool { heartbeatAge.map { $0 > timeToLive / 2 } ?? false }
}

/// Lists what is registered at this moment.
protocol RegistryListing: Sendable {
    /// Every instance of every service, by name.
    ///
    /// - Throws: When the registry cannot be reached.
    func instances() async throws -> [RegisteredInstance]
    /// Every service that ever had an instance.
    func knownServices() async throws -> Set<String>
    /// Calls `changed` at once, and again whenever something may have changed, until cancelled.
    func watch(_ changed: @escaping @Sendable () -> Void) async throws
}

/// What a command works with: a node that only calls, and the registry.
struct MeshSession: Sendable {
    let node: MeshNode
    let registry: any RegistryListing
}

extension MeshSession {
    /// Makes sure that a service is there, so that a misspelt name is not waited for.
    ///
    /// - Parameter patience: How long a registry that cannot be reached is waited for; nil for as long as it takes.
    /// - Throws: ``CommandFailure`` that names the services that are there.
    @discardableResult
    func require(
        _ service: String, instance: String? = nil, patience: Duration? = .zero
    ) async throws -> [RegisteredInstance] {
        let end = patience.map { ContinuousClock.now + $0 }
        var (listed, wasAway) = try await instances(until: end)
        // A registry that has just come back may have forgotten everybody: they register again within moments.
        while wasAway, !listed.contains(where: { $0.record.name.service == service }), end.map({ .now < $0 }) ?? true {
            try await Task.sleep(for: .milliseconds(.random(in: 150...350)))
            listed = try await instances(until: end).listed
        }
        let found = listed.filter { $0.record.name.service == service }
        guard !found.isEmpty else {
            throw CommandFailure.noSuchService(service, known: listed.map(\.record.name.service))
        }
        if let instance, !found.contains(where: { $0.record.name.instance == instance }) {
            let known = found.map(\.record.name.instance).joined(separator: ", ")
            throw CommandFailure(
                .unavailable, "no instance “\(instance)” of \(service) is registered; registered instances: \(known)")
        }
        return found
    }

    /// What is registered. A registry that cannot be reached is waited for, and that is said.
    private func instances(
        until end: ContinuousClock.Instant?
    ) async throws -> (listed: [RegisteredInstance], wasAway: Bool) {
        var hasSaid = false
        while true {
            do {
                return (try await registry.instances(), hasSaid)
            } catch let error as RedisRegistryError
                where error.cause?.isTransient == true && end.map({ .now < $0 }) ?? true
            {
                if !hasSaid { Diagnostics.note("waiting for the registry: \(error)") }
                hasSaid = true
                try await Task.sleep(for: .milliseconds(.random(in: 150...350)))
            }
        }
    }
}

extension CommandFailure {
    static func noSuchService(_ service: String, known: [String]) -> CommandFailure {
        let names = Set(known).sorted().joined(separator: ", ")
        return CommandFailure(
            .unavailable,
            "no instance of \(service) is registered; "
                + (names.isEmpty
                    ? "no service is: is this the right Redis and namespace (headframe doctor)?"
                    : "known services: \(names)"))
    }
}
