internal import Glibc
internal import Synchronization

/// Standard error: log lines and error messages. Standard output is for data.
public enum StandardError {
    private static let lock = Mutex(())

    /// Writes `text` in one piece, without a buffer that a crash could lose.
    ///
    /// What cannot be written is dropped: there is nowhere left to say so.
    @Sendable public static func write(_ text: String) {
        var text = text
        lock.withLock { _ in
            text.withUTF8 { bytes in
                var rest = UnsafeRawBufferPointer(bytes)
                while !rest.isEmpty {
                    let count = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
                    if count > 0 {
                        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    } else if errno != EINTR, !isWritableSoon() {
                        return
                    }
                }
            }
        }
    }

    /// Waits up to 100 ms where the reader of a non-blocking pipe is slow.
    private static func isWritableSoon() -> Bool {
        guard errno == EAGAIN else { return false }
        var descriptor = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&descriptor, 1, 100) > 0
    }

    /// Whether a person is looking at it and the terminal understands colours.
    static var isColorTerminal: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"
    }
}

extension LogColor {
    /// Whether lines on standard error have colours.
    var applies: Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: StandardError.isColorTerminal
        }
    }
}
