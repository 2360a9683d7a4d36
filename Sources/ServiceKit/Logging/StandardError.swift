internal import Glibc
internal import Synchronization

/// Standard error: log lines and error messages. Standard output is for data.
public enum StandardError {
    private static let writer = Mutex(PatientWriter(descriptor: STDERR_FILENO))

    /// Writes `text` in one piece, without a buffer that a crash could lose.
    ///
    /// What cannot be written within 100 ms is dropped, because there is nowhere left to say so and a process must not
    /// hang by the reader of its log; from then on nothing is waited for until the reader goes on.
    @Sendable public static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            writer.withLock { $0.write(UnsafeRawBufferPointer(bytes)) }
        }
    }

    /// Whether a person is looking at it and the terminal understands colours.
    static var isColorTerminal: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"
    }
}

/// Writes to a descriptor, blocking or not, without ever waiting long for its reader.
struct PatientWriter {
    static let patienceMilliseconds: Int32 = 100

    let descriptor: Int32
    /// Whether the reader was too slow the last time.
    private(set) var isStuck = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes `bytes`, or as much of them as the reader takes in time.
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            guard isWritable() else {
                isStuck = true
                return
            }
            if isStuck {
                // What was dropped may have ended within a line.
                isStuck = false
                _ = Glibc.write(descriptor, "\n", 1)
            }
            // A pipe that is ready takes PIPE_BUF bytes without blocking.
            let count = Glibc.write(descriptor, rest.baseAddress, min(rest.count, Int(PIPE_BUF)))
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR, errno != EAGAIN {
                return
            }
        }
    }

    private func isWritable() -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        var ready: Int32
        // A process that is continued after a stop is interrupted once.
        repeat { ready = poll(&wanted, 1, isStuck ? 0 : Self.patienceMilliseconds) } while ready < 0 && errno == EINTR
        return ready > 0
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
