internal import Foundation

/// A file with the ids that were acknowledged, a line each: id, member, milliseconds since 1970. What was written outlives a kill of the process.
struct AcknowledgedIDs: Sendable {
    private let descriptor: Int32

    /// Opens the file at `path`, making it where there is none.
    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
    }

    /// Adds an id, in one write.
    func add(_ id: String, by member: String) {
        let line = Array("\(id) \(member) \(Int(Date().timeIntervalSince1970 * 1000))\n".utf8)
        let written = write(descriptor, line, line.count)
        precondition(written == line.count, "an acknowledged id was not written: free space on that disk")
    }
}
