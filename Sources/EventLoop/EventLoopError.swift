internal import Glibc

/// Why an I/O thread could not be made.
public struct EventLoopError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable {
        /// The process has no file descriptor left: raise `ulimit -n`.
        case noDescriptor
        /// The system gave no thread: raise `ulimit -u` or the memory limit.
        case noThread
    }

    /// What kind of failure it was.
    public let code: Code
    /// What was being done, and the system's own words.
    public let description: String

    init(code: Code, errno: Int32, doing: String) {
        self.code = code
        let advice = code == .noDescriptor ? "raise ulimit -n" : "raise ulimit -u or the memory limit"
        self.description = "\(doing) failed: \(String(cString: strerror(errno))); \(advice)"
    }
}
