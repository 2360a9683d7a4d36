/// Why a jobmanager could not do what it was asked.
struct JobManagerError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure; its raw value is the error's name for remote callers.
    enum Code: String, Sendable, Hashable {
        /// The argument is not what the method takes.
        case invalidArgument = "InvalidArgument"
        /// There is no such job here or in the store, or it is there no more.
        case unknownJob = "UnknownJob"
        /// No daemon has given a template yet.
        case noJob = "NoJob"
    }

    /// The kind of failure.
    var code: Code
    /// What was asked for, what came of it, and what to do.
    var message: String
    /// The error below, where there was one.
    var cause: (any Error)?

    /// The message.
    var description: String { message }
}
