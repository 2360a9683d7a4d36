internal import Mesh

/// A registry that tells how announcing goes.
struct ObservedRegistry: Registry {
    private let registry: any Registry
    private let watched: any Registry
    private let listing: ListingCondition

    /// - Parameter watched: The same registry, as the one that is watched.
    init(_ registry: any Registry, watched: any Registry, _ listing: ListingCondition) {
        self.registry = registry
        self.watched = watched
        self.listing = listing
    }

    var timeToLive: Duration { registry.timeToLive }

    func reserve(_ name: InstanceName) async throws -> Epoch { try await registry.reserve(name) }

    func announce(_ record: InstanceRecord) async throws -> Announcement {
        do {
            let announcement = try await registry.announce(record)
            if announcement == .listed { listing.listed() }
            return announcement
        } catch {
            listing.missed("\(error)")
            throw error
        }
    }

    func leave(_ name: InstanceName, epoch: Epoch) async throws { try await registry.leave(name, epoch: epoch) }

    func watch(_ receive: @escaping @Sendable (RegistryEvent) -> Void) async throws {
        try await watched.watch(receive)
    }
}
