internal import Mesh

/// What one publisher on a bogus fork, on a wrong network or with an absurd ordinal can do to a consumer at most.
///
/// - A consumer that knows its lineage, or has learned it, never gets an item of another one.
/// - A position that does not grow out of the consumer's own, or adds work out of all proportion, is not delivered on the word
///   of one publisher while two others stand where the consumer does. (With two publishers left there is no majority, and
///   after the stated times the one with more work is followed.)
/// - A branch that looks like an ordinary next block is followed at once, whoever found it: that is what makes new blocks fast.
///   While more than half of the publishers stand on another branch, the consumer leaves it within ``Merger/Policy/minorityDelay``;
///   ``LivenessCheck`` holds that time.
/// - A position that nobody supports is left after ``Merger/Policy/unsupportedDelay``.
/// - A lineage that was taken while no other could be heard is left within ``Merger/Policy/minorityDelay`` once two publishers,
///   and more than half of them, are for another. Until then nobody honest stands where the consumer does, whatever the blocks.
extension StreamCheck {
    func checkFollowing(_ publication: Publication) {
        guard !publication.isHonest, let current else { return }
        if publication.position.lineage != current.position.lineage {
            world.violation("\(name) was taken from \(current.position.lineage) to \(publication.position.lineage)")
        }
        let standing = sources.values.count { source in
            source.latest.map { $0.isHonest && isSupport($0, for: current) } ?? false
        }
        guard standing >= 2, !isPlausibleStep(publication, from: current) else { return }
        world.violation(
            "\(name) was taken by \(publication.publisher) alone to \(publication.key) while \(standing) honest publishers stand "
                + "at \(current.key)")
    }

    private func isPlausibleStep(_ publication: Publication, from current: Publication) -> Bool {
        guard publication.position.parent != current.position.parent else { return true }
        guard let block = publication.block, let standing = current.block else { return false }
        return world.chain.isAncestor(standing, of: block)
    }

    /// Takes note of when the consumer came to stand where it should not stay; asked after everything that may change it.
    mutating func reconsider() {
        outvotedSince = isOutvoted ? outvotedSince ?? world.now : nil
        unsupportedSince = isUnsupported ? unsupportedSince ?? world.now : nil
        foreignSince = isForeign ? foreignSince ?? world.now : nil
    }

    /// Whether a publication is at the position of another, or grew out of it, on the same lineage.
    private func isSupport(_ publication: Publication, for other: Publication) -> Bool {
        publication.position.lineage == other.position.lineage
            && publication.position.ancestors.contains(other.position.parent)
    }

    /// Whether more than half of the open streams stand on another branch than the consumer, all on the chain that counts.
    private var isOutvoted: Bool {
        guard let current else { return false }
        let elsewhere = sources.values.count { source in
            guard let latest = source.latest, let block = latest.block, latest.isHonest,
                world.chain.isAncestor(block, of: world.chain.view.block)
            else { return false }
            return !current.position.ancestors.contains(latest.position.parent)
                && !latest.position.ancestors.contains(current.position.parent)
        }
        return elsewhere * 2 > sources.count
    }

    /// Whether some publisher has spoken and none stands where the consumer does.
    private var isUnsupported: Bool {
        guard let current else { return false }
        let spoken = sources.values.compactMap(\.latest).filter { $0.position.lineage == current.position.lineage }
        return !spoken.isEmpty && !spoken.contains { isSupport($0, for: current) }
    }

    /// Whether two publishers, and more than half of the open streams, are for another lineage than the consumer.
    private var isForeign: Bool {
        guard let current else { return false }
        let foreign = sources.values.count { source in
            source.latest.map { $0.position.lineage != current.position.lineage } ?? false
        }
        return foreign >= 2 && foreign * 2 > sources.count
    }
}
