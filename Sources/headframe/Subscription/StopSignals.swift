internal import Dispatch
internal import Glibc

/// SIGINT and SIGTERM as the orderly end of a command.
enum StopSignals {
    /// Returns at the first of them, or when the task is cancelled. A second one ends the process as usual.
    static func wait() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                signal(number, SIG_DFL)
                continuation.yield()
            }
            source.activate()
            return source
        }
        for await _ in stream { break }
        for source in sources { source.cancel() }
    }
}
