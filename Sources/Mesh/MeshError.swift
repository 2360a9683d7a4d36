/// Why a call, a stream or a subscription did not come to a good end.
public struct MeshError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure. What a caller may do next depends on this alone.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// No instance took the call before its deadline: it did not run.
        case unavailable
        /// The deadline passed after the call was sent: it may have run.
        case deadlineExceeded
        /// The connection broke after the call was sent: it may have run.
        case connectionLost
        /// The caller gave up.
        case cancelled
        /// The handler answered with an error: `remoteName` and `message` are its words.
        case remote
        /// The service has no such method.
        case unknownMethod
        /// The arguments or the result do not have the shape that the other side expects.
        case badArguments
        /// The answer could not be understood.
        case badReply
        /// A bound was met: too many calls in flight, here or there. It did not run.
        case overloaded
        /// The instance is finishing and takes nothing new. It did not run.
        case draining
        /// The call was meant for another life of the instance. It did not run.
        case wrongEpoch
        /// The other side stopped giving signs of life.
        case peerLost
        /// The node is shut down or not running.
        case shutdown
    }

    /// What kind of failure it was.
    public var code: Code
    /// What was being done, on what, and what to do about it.
    public var message: String
    /// The name that the other side gave its error, such as `ValueError`.
    public var remoteName: String?
    /// The other side's traceback, where it sent one.
    public var remoteTraceback: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, remoteName: String? = nil, remoteTraceback: String? = nil) {
        self.code = code
        self.message = message
        self.remoteName = remoteName
        self.remoteTraceback = remoteTraceback
    }

    /// Whether the call certainly did not run, so that it may be tried elsewhere.
    public var isRetrySafe: Bool {
        switch code {
        case .unavailable, .overloaded, .draining, .wrongEpoch: true
        default: false
        }
    }

    static func nameTooLong(_ name: String, _ limit: Int) -> MeshError {
        MeshError(
            .badArguments,
            "the name “\(name.prefix(40))…” of a published item takes \(name.utf8.count) bytes, at most \(limit) are sent: publish "
                + "a hash of it")
    }

    static func itemTooLarge(_ bytes: Int, _ limit: Int) -> MeshError {
        MeshError(.badArguments, "an item of \(bytes) bytes was not sent, at most \(limit) are: split it")
    }

    /// The code and the message.
    public var description: String {
        remoteName.map { "\(code.rawValue) (\($0)): \(message)" } ?? "\(code.rawValue): \(message)"
    }
}
