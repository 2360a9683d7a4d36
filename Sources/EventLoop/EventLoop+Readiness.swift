/// What a handler wants to hear of a socket or descriptor, and what it is told.
public struct Readiness: OptionSet, Sendable {
    /// The bits, in the values of `zmq_poll`.
    public let rawValue: Int16
    /// Makes a set of the bits of `zmq_poll`.
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Something can be read without blocking.
    public static let readable = Readiness(rawValue: 1)
    /// Something can be written without blocking.
    public static let writable = Readiness(rawValue: 2)
    /// The descriptor is in error; reported whether asked for or not.
    public static let failed = Readiness(rawValue: 4)
}

/// One socket or descriptor that the loop watches; valid until it is deregistered.
public struct Registration: Sendable, Hashable {
    let identifier: Int
}

extension EventLoop {
    /// Watches a ZeroMQ socket. On the loop's thread only.
    ///
    /// - Parameters:
    ///   - socket: The socket as libzmq knows it.
    ///   - name: What a stall of the handler is reported as.
    ///   - interest: What to wait for.
    ///   - handler: Called on the loop's thread with what is ready, again and again until it has been consumed.
    public func register(
        socket: UnsafeMutableRawPointer, name: String, interest: Readiness = .readable,
        handler: @escaping (Readiness) -> Void
    ) -> Registration {
        preconditionCurrent()
        return table.insert(.init(target: .socket(socket), name: name, interest: interest, handler: handler))
    }

    /// Watches a file descriptor. On the loop's thread only.
    public func register(
        descriptor: Int32, name: String, interest: Readiness = .readable, handler: @escaping (Readiness) -> Void
    ) -> Registration {
        preconditionCurrent()
        return table.insert(.init(target: .descriptor(descriptor), name: name, interest: interest, handler: handler))
    }

    /// Changes what is waited for. On the loop's thread only.
    public func setInterest(_ interest: Readiness, of registration: Registration) {
        preconditionCurrent()
        table.setInterest(interest, of: registration)
    }

    /// Has a handler called again, as readable, once what is handed over has run: it left something unread, so that others
    /// may have their turn. On the loop's thread only.
    public func callAgain(_ registration: Registration) {
        preconditionCurrent()
        unfinished.append(registration)
    }

    /// Stops watching; the handler is not called again, not even for what was already ready. On the loop's thread only.
    public func deregister(_ registration: Registration) {
        preconditionCurrent()
        table.remove(registration)
    }
}
