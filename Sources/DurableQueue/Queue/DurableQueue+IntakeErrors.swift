// What those are told whose entries were refused, or were not safe in time.
extension DurableQueue {
    var full: DurableQueueError {
        DurableQueueError(
            .full,
            "an entry for \(configuration.name) was refused: \(bounds) wait already; try again later, run more consumers, or raise the bound"
        )
    }

    private var bounds: String {
        configuration.maximumBytes == .max
            ? "\(configuration.maximumEntries) entries"
            : "\(configuration.maximumEntries) entries or \(configuration.maximumBytes) bytes"
    }

    var notOwner: DurableQueueError {
        DurableQueueError(
            .notOwner,
            "the queue \(configuration.name) takes nothing in while its entries are not its own: another member runs them, or too few members "
                + "are there to decide who does; nothing was taken, try again soon or elsewhere")
    }

    func timeout(_ identity: EntryIdentity) -> DurableQueueError {
        error(
            .timeout, identity,
            "was not written in time: it may be stored and run; give it again with the same id, and see whether the disk answers"
        )
    }

    func notReplicated(_ identity: EntryIdentity) -> DurableQueueError {
        error(
            .notReplicated, identity,
            "was not confirmed by enough members in time: it is stored here and runs once it is; see which members are up, or ask for fewer"
        )
    }

    /// - Parameter isStored: whether the entry is left in the own store.
    func ownershipLost(_ identity: EntryIdentity, isStored: Bool) -> DurableQueueError {
        let outlook =
            isStored
            ? "it is stored here, and runs if that member knows it, or once the entries are owned here again"
            : "it was taken back here, and runs only if another member has it"
        return DurableQueueError(
            .notReplicated,
            "the ownership of the entries of \(configuration.name) went to another member before \(identity) was confirmed: \(outlook); give "
                + "it again with the same id")
    }

    func withdrawn(_ identity: EntryIdentity) -> DurableQueueError {
        error(
            .withdrawn, identity,
            "was not confirmed by enough members in time and was taken back: it does not run; see which members are up, or ask for fewer"
        )
    }

    func halfWithdrawn(_ identity: EntryIdentity) -> DurableQueueError {
        error(
            .notReplicated, identity,
            "was not confirmed by enough members in time and is being taken back, but a member that may have it does not answer: it runs only "
                + "if this one is lost before that one returns; see which members are up")
    }

    func notYetWithdrawn(_ identity: EntryIdentity) -> DurableQueueError {
        error(
            .timeout, identity,
            "was not safe in time and is taken back as soon as the disk answers: it runs only if this process, or the machine, ends before "
                + "that; see whether the disk answers")
    }

    private func error(
        _ code: DurableQueueError.Code, _ identity: EntryIdentity, _ words: String
    ) -> DurableQueueError {
        DurableQueueError(code, "the entry \(identity) of \(configuration.name) \(words)")
    }
}
