/// What an event is: a method's name, an answer, or control of a channel or of a connection.
public enum EventName: Sendable, Hashable {
    /// The one result of a call.
    case ok
    /// The call or stream ended with an error: name, message, traceback.
    case error
    /// One item of a stream.
    case stream
    /// The stream ended.
    case streamDone
    /// A sign of life of one channel.
    case heartbeat
    /// Leave to send that many items more.
    case more
    /// `_mesh_cancel`: the caller of this channel has gone away.
    case cancel
    /// `_mesh_ping`: asks a peer's handlers for a sign of life.
    case ping
    /// `_mesh_drain`: the sender takes nothing new.
    case drain
    /// A request for a method.
    case method(String)

    static let cancelText: StaticString = "_mesh_cancel"
    static let pingText: StaticString = "_mesh_ping"
    static let drainText: StaticString = "_mesh_drain"
}

/// The names of the refusals after which a call certainly did not run.
enum Refusal: String, CaseIterable {
    case draining = "Draining"
    case wrongEpoch = "WrongEpoch"
    case overloaded = "Overloaded"

    var code: MeshError.Code {
        switch self {
        case .draining: .draining
        case .wrongEpoch: .wrongEpoch
        case .overloaded: .overloaded
        }
    }
}
