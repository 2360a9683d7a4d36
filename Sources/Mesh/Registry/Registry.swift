/// What a registry tells of the instances that it lists.
public enum RegistryEvent: Sendable {
    /// Everything that it lists at this moment; what is not in it is not listed.
    case snapshot([InstanceRecord])
    /// One instance joined or changed.
    case updated(InstanceRecord)
    /// One life of an instance said goodbye.
    case left(InstanceName, Epoch)
    /// It cannot be reached; everything it said before may be out of date.
    case unreachable(reason: String)
    /// It can be reached again; a snapshot follows.
    case reachable
}

/// What came of an announcement.
public enum Announcement: Sendable, Equatable {
    /// It is listed.
    case listed
    /// A newer life of the instance is listed: this process has to end.
    case fenced(by: Epoch)
}

/// Where services are announced and found. A hint: the socket is the evidence.
///
/// Implementations: Redis (`MeshRedis`), the simulated one (`MeshTestKit`).
public protocol Registry: Sendable {
    /// Hands out the epoch of a new life: higher than every one handed out before, as far as the registry knows.
    ///
    /// Waits while the registry is away, with backoff, and says so in the log.
    /// - Throws: `CancellationError` when the caller gives up.
    func reserve(_ name: InstanceName) async throws -> Epoch

    /// Lists the record, or renews it, for the registry's time to live.
    ///
    /// - Throws: When the registry cannot be reached; the caller tries again within the time to live.
    func announce(_ record: InstanceRecord) async throws -> Announcement

    /// Takes one life of an instance out of the list; a newer one stays.
    func leave(_ name: InstanceName, epoch: Epoch) async throws

    /// How long a record stays listed without renewal. It is renewed every third of this.
    var timeToLive: Duration { get }

    /// Follows the list until cancelled: first a snapshot, then changes, with a new snapshot after every gap.
    ///
    /// - Parameter receive: Called with one event after the other.
    func watch(_ receive: @escaping @Sendable (RegistryEvent) -> Void) async throws
}
