/// All frames of one received message.
public struct Multipart: Sendable {
    /// The frames, at most ``SocketOptions/maximumFrames`` of them.
    public internal(set) var frames: [Frame]
    /// How many further frames the sender put into the message; they were dropped. Treat such a message as malformed.
    public internal(set) var droppedFrames: Int

    /// Makes a message without frames, to be received into.
    public init() {
        frames = []
        droppedFrames = 0
    }

    /// Whether every frame is here.
    public var isComplete: Bool { droppedFrames == 0 }

    mutating func removeAll() {
        frames.removeAll(keepingCapacity: true)
        droppedFrames = 0
    }
}
