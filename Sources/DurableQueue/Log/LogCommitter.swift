/// Writes what was submitted and says when it is durable. Used by the log's thread alone.
final class LogCommitter: @unchecked Sendable {
    let log: SegmentLog
    /// After which nothing is taken any more.
    private(set) var failure: DurableQueueError?
    /// Why space was not won back, the last time.
    private(set) var postponed: DurableQueueError?
    private(set) var isClosed = false
    /// The last entries that were refused at the bound, while there is no room for them.
    private var excess: (bytes: Int, error: DurableQueueError)?
    /// Why the file system did not take records, the last time that there were any.
    private var denial: DurableQueueError?
    private var lastBytes = 0

    init(log: SegmentLog) { self.log = log }

    /// Why entries are refused, as far as is known without one.
    var refusal: DurableQueueError? { excess?.error ?? denial }

    /// Whether there is space to be won back for entries that were refused.
    var isShortOfSpace: Bool { failure == nil && excess != nil && postponed == nil && log.hasToCompact }

    /// What is to be told of submissions, once the store's status says the same.
    struct Outcome {
        var ended: [SegmentLogStore.Submission] = []
        /// What became of all these; nil when they are as durable as was asked for.
        var failure: DurableQueueError?
        var refused: [(SegmentLogStore.Submission, DurableQueueError)] = []

        func tell() {
            for submission in ended { submission.done(failure) }
            for (submission, error) in refused { submission.done(failure ?? error) }
        }
    }

    /// Writes all that waits, and forces it to the disk once if anybody asked for that. Tells nobody yet.
    func commit(_ submissions: [SegmentLogStore.Submission]) -> Outcome {
        if let failure { return Outcome(ended: submissions, failure: failure) }
        var refused: [(SegmentLogStore.Submission, DurableQueueError)] = []
        var taken: [SegmentLogStore.Submission] = []
        for submission in submissions {
            if let full = bound(submission) { refused.append((submission, full)) } else { taken.append(submission) }
        }
        var written: [SegmentLog.Written] = []
        let records = taken.flatMap(\.records)
        do throws(DurableQueueError) {
            written = try log.write(records)
            if !records.isEmpty { denial = nil }
        } catch {
            note(error)
            denial = error
            // Together they do not fit: one by one some may.
            (taken, written) = writeEach(taken, after: error, refused: &refused)
        }
        force(taken, written)
        return Outcome(ended: taken, failure: failure, refused: refused)
    }

    private func writeEach(
        _ submissions: [SegmentLogStore.Submission], after error: DurableQueueError,
        refused: inout [(SegmentLogStore.Submission, DurableQueueError)]
    ) -> ([SegmentLogStore.Submission], [SegmentLog.Written]) {
        var taken: [SegmentLogStore.Submission] = []
        var written: [SegmentLog.Written] = []
        for submission in submissions {
            do throws(DurableQueueError) {
                guard failure == nil, submissions.count > 1 else { throw failure ?? error }
                written += try log.write(submission.records)
                taken.append(submission)
            } catch {
                note(error)
                refused.append((submission, error))
            }
        }
        return (taken, written)
    }

    private func force(_ submissions: [SegmentLogStore.Submission], _ written: [SegmentLog.Written]) {
        if failure == nil, submissions.contains(where: { $0.durability == .synced }) {
            do throws(DurableQueueError) { try log.synchronize() } catch { note(error) }
        }
        if failure == nil {
            log.publish(written)
            lastBytes = written.reduce(0) { $0 + $1.location.bytes }
        }
    }

    /// Refuses entries beyond the bound of the disk; what becomes of those that are there is always written, so that it can empty. So is what is
    /// held for other members, which comes with a mark: completions stand behind entries there, and the owner bounds what it takes in.
    private func bound(_ submission: SegmentLogStore.Submission) -> DurableQueueError? {
        if case .mark = submission.records.last { return nil }
        let bytes = submission.records.reduce(0) { sum, record in
            if case .add(let entry) = record { sum + entry.payload.count + RecordFrame.headerBytes } else { sum }
        }
        guard bytes > 0 else { return nil }
        guard !isRoom(for: bytes) else {
            excess = nil
            return nil
        }
        do throws(DurableQueueError) { try log.removeUnneeded() } catch { note(error) }
        let taken = log.index.with { $0.diskBytes }
        guard !isRoom(for: bytes) else { return nil }
        let error = DurableQueueError(
            .full,
            "taking \(bytes) bytes into \(log.folder) was refused: it has \(taken) of \(log.options.maximumDiskBytes) bytes; wait until entries "
                + "were run, drop dead letters, or raise the bound")
        excess = (bytes, error)
        return error
    }

    private func isRoom(for bytes: Int) -> Bool {
        log.index.with { $0.diskBytes } + bytes <= log.options.maximumDiskBytes
    }

    /// Wins back a little space: at least as much as was just written, so that garbage cannot outrun it.
    func compact() {
        guard failure == nil else { return }
        do throws(DurableQueueError) {
            try log.compact(budget: max(log.options.compactionStepBytes, 2 * lastBytes))
            postponed = nil
        } catch {
            postponed = error
            note(error)
        }
        if let (bytes, _) = excess, isRoom(for: bytes) { excess = nil }
    }

    /// Forces the rest to the disk; nothing is taken after it.
    func close() {
        isClosed = true
        guard failure == nil else { return }
        do throws(DurableQueueError) { try log.finish() } catch { note(error) }
        if failure == nil { failure = .closedStore }
    }

    private func note(_ error: DurableQueueError) {
        switch error.code {
        case .full, .diskFull, .readOnly: break
        default:
            guard failure == nil else { return }
            failure = error
        }
    }
}
