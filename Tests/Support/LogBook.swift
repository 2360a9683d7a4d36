public import Logging
internal import Synchronization

/// Keeps what is logged: for tests of what an operator is told.
public final class LogBook: Sendable {
    private let kept = Mutex<[String]>([])

    /// An empty one.
    public init() {}

    /// Level, message and metadata of each line.
    public var lines: [String] { kept.withLock { $0 } }

    /// A logger that writes here, of every level.
    public var logger: Logger {
        var logger = Logger(label: "test", factory: { _ in Handler(book: self) })
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            book.kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
