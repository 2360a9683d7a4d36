internal import Glibc

/// Why an operation of ZeroMQ failed: what was tried, on what, what libzmq said, and what to do about it.
public struct ZeroMQError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure that a caller may want to tell apart.
    public enum Code: Sendable, Hashable {
        /// Another socket holds the address: try the next port, or stop its holder.
        case addressInUse
        /// The address belongs to no interface of this host.
        case addressNotAvailable
        /// The endpoint cannot be read as `transport://address`, or its transport is not in this build of libzmq.
        case invalidEndpoint
        /// The socket is not bound or connected to that endpoint, or the folder of an ipc path does not exist.
        case noSuchEndpoint
        /// The process may not use the address or path.
        case permissionDenied
        /// The process or the context has no socket, descriptor or memory left.
        case exhausted
        /// An option was given a value that libzmq refuses.
        case invalidOption
        /// The context was shut down.
        case contextTerminated
        /// The socket was closed before.
        case socketClosed
        /// The context cannot be shut down, because sockets of it are open.
        case socketsOpen
        /// Everything else: see ``ZeroMQError/errorName``.
        case other
    }

    /// What kind of failure it was.
    public let code: Code
    /// The symbol of the errno, such as `EADDRINUSE`; nil where no call of libzmq was made.
    public let errorName: String?
    /// The words of libzmq, or of this module where no call was made.
    public let reason: String
    /// What was being done, such as `binding`.
    public let operation: String
    /// To what: the endpoint, the option or the name of the socket.
    public let subject: String

    /// One sentence for an operator.
    public var description: String {
        let name = errorName.map { " (\($0))" } ?? ""
        return "\(operation) \(subject) failed: \(reason)\(name); \(advice)"
    }

    /// What to do about it.
    public var advice: String {
        switch code {
        case .addressInUse: "take another port, or stop the process that holds this one (ss -ltnp)"
        case .addressNotAvailable: "use an address of this host (ip address), or * for all of them"
        case .invalidEndpoint: "write it as tcp://ADDRESS:PORT, ipc://PATH or inproc://NAME"
        case .noSuchEndpoint:
            "use the endpoint that bind returned or that connect was given; the folder of an ipc path must exist"
        case .permissionDenied: "take a port above 1023, or a path that this user may write"
        case .exhausted: "raise ulimit -n or the context's maximum of sockets, or close sockets"
        case .invalidOption: "see SocketOptions for the range of each option"
        case .contextTerminated: "make no further use of a context after its shutdown"
        case .socketClosed: "make no further use of a socket after close()"
        case .socketsOpen: "close them first, on their loop"
        case .other: "see the manual page of the call at libzmq.readthedocs.io"
        }
    }

    init(code: Code, reason: String, operation: String, subject: String) {
        self.code = code
        self.errorName = nil
        self.reason = reason
        self.operation = operation
        self.subject = subject
    }

    /// What the libzmq call that has just failed on this thread said.
    init(_ number: ErrorNumber = .last, operation: String, subject: String, invalid: Code = .invalidEndpoint) {
        self.code = Self.code(of: number, invalid: invalid)
        self.errorName = number.name
        self.reason = number.words
        self.operation = operation
        self.subject = subject
    }

    private static func code(of number: ErrorNumber, invalid: Code) -> Code {
        switch number.rawValue {
        case EADDRINUSE: .addressInUse
        case EADDRNOTAVAIL, ENODEV: .addressNotAvailable
        case EINVAL, EPROTONOSUPPORT, ENAMETOOLONG: invalid
        case ENOENT: .noSuchEndpoint
        case EACCES, EPERM: .permissionDenied
        case EMFILE, ENFILE, ENOMEM: .exhausted
        case ENOTSOCK: .socketClosed
        case ErrorNumber.contextTerminated.rawValue: .contextTerminated
        default: .other
        }
    }
}
