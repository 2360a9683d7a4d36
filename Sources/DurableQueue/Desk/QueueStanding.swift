public import FoundationEssentials

/// Where a queue stands in its group: what is read and completed here, and who else holds it.
public struct QueueStanding: Sendable {
    /// The epoch of the ownership of each origin whose entries are read and completed here.
    public var origins: [UUID: UInt64]
    /// The members that hold copies.
    public var replicas: [QueueReport.Replica]
    /// What has to come before it goes on, each in words.
    public var waitingFor: [String]

    /// A standing from its parts.
    public init(origins: [UUID: UInt64], replicas: [QueueReport.Replica] = [], waitingFor: [String] = []) {
        self.origins = origins
        self.replicas = replicas
        self.waitingFor = waitingFor
    }
}
