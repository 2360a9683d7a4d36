extension Session {
    /// What the server has to do, in this order.
    public enum Action: Sendable {
        /// Send these bytes: a line with its end.
        case send([UInt8])
        /// Hash this share, then call ``Session/checked(_:_:now:)``.
        case check(ShareCheck)
        /// Decide whether the worker may mine, then call ``Session/authorized(_:now:)``. Requests behind it wait.
        case authorize(user: String, password: String)
        /// See whether the memory of an earlier connection of this name is kept, take it out, then call ``Session/recalled(_:now:)``, with nil
        /// where there is none. Requests behind it wait.
        case recall(session: String)
        /// Count this share.
        case accepted(Share)
        /// Count a refused share; the worker is empty where none can be read.
        case rejected(worker: String, RejectReason)
        /// Note the new difficulty of the connection.
        case difficulty(Double)
        /// Close the connection once what was sent before is out. Nothing more comes from this session.
        case close(CloseReason)
    }

    /// Whether a worker may mine.
    public enum Authorization: Sendable, Hashable {
        /// It may.
        case allowed
        /// It may not; the reason goes to the miner.
        case refused(String)
    }

    /// Why a session ends its connection.
    public enum CloseReason: String, Sendable, Hashable, CaseIterable {
        /// A line beyond the limit.
        case lineTooLong
        /// Too many lines that are no messages.
        case garbage
        /// More requests than may wait.
        case tooManyRequests
        /// The extranonce changed, and the miner does not take a new one.
        case extranonceChanged
    }

    /// How far a session has come.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// Neither subscribed nor authorized.
        case connected
        /// Subscribed, without an authorized worker; or the other way round.
        case subscribed
        /// Ready to mine, and there is no job, or only one that is too old.
        case waitingForJob
        /// It has a job.
        case mining
        /// It ended its connection.
        case closed
    }
}
