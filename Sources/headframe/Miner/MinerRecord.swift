internal import Foundation
internal import Synchronization

/// The statistics of a run, which outlive its connections.
final class MinerRecord: Sendable {
    /// How many accepted shares are enough; nil where there is no end.
    let wanted: Int?
    private let log: ShareLog?
    private let statistics = Mutex(MinerStatistics())

    init(wanted: Int?, log: ShareLog? = nil) {
        self.wanted = wanted
        self.log = log
    }

    var current: MinerStatistics { statistics.withLock { $0 } }

    @discardableResult
    func update<Result: Sendable>(_ body: (inout sending MinerStatistics) -> sending Result) -> Result {
        statistics.withLock { body(&$0) }
    }

    /// Notes what became of a share, where that is asked for.
    func note(_ event: ShareLog.Event, _ share: String) throws { try log?.write(event, share) }
}

/// A file with a line for each share and what became of it: `submitted`, `accepted` or `rejected`, and the hash of its header. What is in it is
/// there even if the process is killed the next moment.
final class ShareLog: Sendable {
    /// What a line tells.
    enum Event: String {
        case submitted
        case accepted
        case rejected
    }

    private let file: Mutex<FileHandle>
    private let path: String

    /// Appends to a file, which is made where it is not there.
    ///
    /// - Throws: ``CommandFailure`` when it cannot be written.
    init(path: String) throws {
        self.path = path
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        guard let file = FileHandle(forWritingAtPath: path) else {
            throw CommandFailure(.usage, "the share log \(path) cannot be written: name a file in a folder of yours")
        }
        try file.seekToEnd()
        self.file = Mutex(file)
    }

    func write(_ event: Event, _ share: String) throws {
        let line = Data("\(event.rawValue) \(share)\n".utf8)
        do {
            try file.withLock { try $0.write(contentsOf: line) }
        } catch {
            throw CommandFailure(.refused, "the share log \(path) cannot be written: \(error)")
        }
    }
}
