/// What went wrong with a queue or its store. The message says what was tried, on what, and what to do.
public struct DurableQueueError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure. They differ in what is known of the entry.
    public enum Code: String, Sendable, CaseIterable {
        /// The bound of the queue or of its disk space is met. The entry was not taken.
        case full
        /// The id, the key or the payload is too large. The entry was not taken.
        case tooLarge
        /// The disk has no space left. What was being written is not there; the store goes on.
        case diskFull
        /// The folder or the disk cannot be written. Nothing was written; the store goes on or was not opened.
        case readOnly
        /// Forcing data to the disk failed: whether what was being written is there is unknown, and the store takes nothing any more.
        case syncFailed
        /// Data that had been forced to the disk is not what was written. The store was not opened; nothing was changed.
        case corrupted
        /// Another process holds the folder, or keeps the database from being written. Nothing was written.
        case locked
        /// What the store was given is not set up as it has to be, or not used as it has to be. Nothing was changed.
        case misconfigured
        /// The system refused an operation on a file for another reason.
        case inputOutput
        /// The store had a failure before that it cannot go on after; the message names it. Nothing was written.
        case storeFailed
        /// Too few members confirmed before the deadline. The entry may run: it is in the local store, or was taken back there and another member
        /// may have it. The message says which.
        case notReplicated
        /// The entries of this store are run by another member, or nobody yet. The entry was not taken, or has been taken back.
        case notOwner
        /// Too few members confirmed before the deadline, and the entry was taken back: it is in no store, and does not run.
        case withdrawn
        /// The acknowledgement did not come before the deadline. The entry may be there and may run.
        case timeout
        /// The caller was cancelled. The entry may be there and may run.
        case cancelled
        /// The queue or the store was closed, or takes nothing new. The entry was not taken.
        case closed
        /// There is no such entry, or not in the state that the operation is for.
        case unknownEntry
        /// What was asked for has left the store by now: take a snapshot.
        case gone
    }

    /// What kind of failure it was.
    public let code: Code
    /// What was tried, on what, and what to do about it.
    public let message: String
    /// The system's error under it.
    public let cause: FileSystemError?

    /// An error from its parts.
    public init(_ code: Code, _ message: String, cause: FileSystemError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}
