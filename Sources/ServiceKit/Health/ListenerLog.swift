internal import Logging
internal import Synchronization

/// Whether a listener has been cancelled.
final class ListenerEnd: Sendable {
    private let isOver = Atomic(false)

    /// The task of the listener, or the listener, was cancelled.
    var isHere: Bool { isOver.load(ordering: .acquiring) || Task.isCancelled }

    func hasCome() { isOver.store(true, ordering: .releasing) }
}

/// The log of the HTTP server.
///
/// A process that ends by an error of another part cancels its listener, whose server takes that for an error of its own
/// and says so twice. Whoever looks for the reason would look there.
struct ListenerLog: LogHandler {
    private var handler: any LogHandler
    private let lowest: Logger.Level
    private let end: ListenerEnd

    /// - Parameter handler: Writes the lines; what is of no more interest is written where it wants to know of `debug`.
    init(handler: any LogHandler, end: ListenerEnd) {
        self.handler = handler
        lowest = handler.logLevel
        self.end = end
    }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        guard end.isHere else { return handler.log(event: event) }
        guard lowest <= .debug else { return }
        var event = event
        event.level = .debug
        handler.log(event: event)
    }
}
