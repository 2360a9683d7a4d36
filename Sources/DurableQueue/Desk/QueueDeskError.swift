public import Mesh

/// Why a method of a ``QueueDesk`` was not done, as its caller is told.
public struct QueueDeskError: RemoteFailure, Sendable, CustomStringConvertible {
    /// There is no such queue here.
    public static let unknownQueue = "UnknownQueue"
    /// The entries of that origin are not served here, or not any more.
    public static let unknownOrigin = "UnknownOrigin"
    /// The queue could not do it.
    public static let queueFailed = "QueueFailed"
    /// An argument is out of its range.
    public static let invalidArgument = "InvalidArgument"

    /// One of the names above.
    public let remoteName: String
    /// What was asked for, of what, and what to do.
    public let remoteMessage: String

    /// Name and message.
    public var description: String { "\(remoteName): \(remoteMessage)" }

    init(_ name: String, _ message: String) {
        remoteName = name
        remoteMessage = message
    }
}
