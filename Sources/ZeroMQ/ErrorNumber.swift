internal import CZeroMQ
internal import Glibc

/// An errno as libzmq reports it: the system's, and libzmq's own beyond them.
struct ErrorNumber: Equatable, Sendable {
    let rawValue: Int32

    /// The errno of the libzmq call that has just failed on this thread.
    static var last: ErrorNumber { ErrorNumber(rawValue: zmq_errno()) }

    static let again = ErrorNumber(rawValue: EAGAIN)
    static let interrupted = ErrorNumber(rawValue: EINTR)
    static let hostUnreachable = ErrorNumber(rawValue: EHOSTUNREACH)
    static let contextTerminated = ErrorNumber(rawValue: zmqOwn + 53)

    /// Where libzmq's own numbers begin (`ZMQ_HAUSNUMERO`).
    private static let zmqOwn: Int32 = 156_384_712

    /// The symbol, such as `EADDRINUSE`.
    var name: String { Self.names[rawValue] ?? "errno \(rawValue)" }

    /// The words of libzmq for it.
    var words: String { String(cString: zmq_strerror(rawValue)) }

    private static let names: [Int32: String] = [
        EACCES: "EACCES", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL", EAFNOSUPPORT: "EAFNOSUPPORT",
        EAGAIN: "EAGAIN", EBADF: "EBADF", ECONNABORTED: "ECONNABORTED", ECONNREFUSED: "ECONNREFUSED",
        ECONNRESET: "ECONNRESET", EFAULT: "EFAULT", EHOSTUNREACH: "EHOSTUNREACH", EINPROGRESS: "EINPROGRESS",
        EINTR: "EINTR", EINVAL: "EINVAL", EMFILE: "EMFILE", EMSGSIZE: "EMSGSIZE", ENAMETOOLONG: "ENAMETOOLONG",
        ENETDOWN: "ENETDOWN", ENETRESET: "ENETRESET", ENETUNREACH: "ENETUNREACH", ENFILE: "ENFILE",
        ENOBUFS: "ENOBUFS", ENODEV: "ENODEV", ENOENT: "ENOENT", ENOMEM: "ENOMEM", ENOTCONN: "ENOTCONN",
        ENOTSOCK: "ENOTSOCK", ENOTSUP: "ENOTSUP", EPERM: "EPERM", EPIPE: "EPIPE", EPROTO: "EPROTO",
        EPROTONOSUPPORT: "EPROTONOSUPPORT", ETIMEDOUT: "ETIMEDOUT",
        zmqOwn + 51: "EFSM", zmqOwn + 52: "ENOCOMPATPROTO", zmqOwn + 53: "ETERM", zmqOwn + 54: "EMTHREAD",
    ]
}
