public import Logging

/// Where finished log lines go.
public typealias LogSink = @Sendable (_ line: String) -> Void

/// The log handler of every service: one line an event, text or JSON.
///
/// A trace id, or whatever else belongs to the running task, comes from the metadata provider.
public struct ServiceLogHandler: LogHandler {
    /// See `Logger.logLevel`.
    public var logLevel: Logger.Level
    /// What every line of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// What the surroundings add: the trace id, say.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let colored: Bool
    private let sink: LogSink

    /// Makes a handler.
    public init(
        label: String, level: Logger.Level = .info, format: LogFormat = .text, colored: Bool = false,
        metadataProvider: Logger.MetadataProvider? = nil, sink: @escaping LogSink = StandardError.write
    ) {
        self.label = label
        self.format = format
        self.colored = colored
        self.metadataProvider = metadataProvider
        self.sink = sink
        logLevel = level
    }

    /// See `Logger`'s subscript.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the event as one line. The nearest metadata wins: the event's, then the logger's, then the provider's.
    public func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { _, nearer in nearer }
        all.merge(event.metadata ?? [:]) { _, nearer in nearer }
        if let error = event.error { all["error"] = "\(error)" }
        let line = LogLine(
            time: .now(), level: event.level, label: label, message: event.message.description, metadata: all)
        sink(format == .json ? line.json() : line.text(colored: colored))
    }
}

extension ServiceLogHandler {
    /// Makes this the handler of all loggers of the process, as the options say. To be called once, before any logger
    /// is made.
    public static func bootstrap(_ options: ServiceOptions, metadataProvider: Logger.MetadataProvider? = nil) {
        let colored = options.logColor.applies
        LoggingSystem.bootstrap(
            { label, provider in
                ServiceLogHandler(
                    label: label, level: options.logLevel, format: options.logFormat, colored: colored,
                    metadataProvider: provider)
            },
            metadataProvider: metadataProvider)
    }
}
