internal import Foundation
internal import Glibc

/// The reader of standard output has gone.
struct OutputClosed: Error {}

/// Standard output: data, each piece written at once, so that a reader of a pipe sees a line when it is there.
enum StandardOutput {
    /// Whether a person is looking at it.
    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Writes a line.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads it any more.
    static func line(_ text: String) throws { try write(text + "\n") }

    /// Writes text as it is.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads it any more; a ``CommandFailure`` when it cannot be written.
    static func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if errno == EAGAIN {
                    var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                    poll(&descriptor, 1, 1000)
                } else if errno == EPIPE {
                    throw OutputClosed()
                } else if errno != EINTR {
                    let reason = String(cString: strerror(errno))
                    throw CommandFailure(.defect, "cannot write to standard output: \(reason); is the disk full?")
                }
            }
        }
    }
}
