internal import Mesh

/// What holds for the merged stream of one consumer at every step.
///
/// - Nothing is delivered twice: no position and key come again unless the stream was reset between.
/// - The ordinal never falls except by a reset.
/// - Whatever an honest publisher says of a position that grew out of the consumer's own is delivered in the same step.
/// - What the active publisher said last at the current position has been delivered: a switch loses nothing that was held.
/// - A publisher's stream leaves out no position that it published between two that it sends.
/// - What is untrue is not followed, as far as that can be promised: see `checkFollowing`.
struct StreamCheck {
    let name: String
    let world: World
    /// The last delivery.
    private(set) var current: Publication?
    /// The streams that are open, by connection.
    private(set) var sources: [LinkID: Source] = [:]
    private(set) var deliveryCount = 0
    /// Since when more than half of the publishers have been on another branch.
    var outvotedSince: MeshInstant?
    /// Since when no publisher has been at the consumer's position.
    var unsupportedSince: MeshInstant?
    /// Since when two publishers, and more than half of them, have been for another lineage.
    var foreignSince: MeshInstant?
    private var delivered: Set<String> = []

    /// The stream of one publisher as the consumer sees it.
    struct Source {
        let identifier: MessageID
        var latest: Publication?
    }

    init(name: String, world: World) {
        self.name = name
        self.world = world
    }

    // MARK: What is seen on the wire

    mutating func willSend(_ bytes: [UInt8], on link: LinkID) {
        guard let event = try? Event(decoding: Payload(bytes)) else { return world.violation("\(name) sends no event") }
        if event.name == .method(SimulatedPublisherNode.publication) {
            sources[link] = Source(identifier: event.header.messageID)
            reconsider()
        } else if event.name == .cancel, sources[link]?.identifier == event.header.responseTo {
            sources[link] = nil
        }
    }

    mutating func linkBroke(_ link: LinkID) {
        sources[link] = nil
        reconsider()
    }

    /// The publication in a message of a stream that is open; nil for every other message.
    mutating func willReceive(_ message: [UInt8], on link: LinkID) -> Publication? {
        let publication = world.book.publication(in: message)
        // Both ends of a stream, with an error and without, end in nil; nothing else has to be looked into.
        guard publication != nil || message.last == 0xC0, let source = sources[link],
            let event = try? Event(decoding: Payload(message)), event.header.responseTo == source.identifier
        else { return nil }
        guard let publication else {
            linkBroke(link)
            return nil
        }
        checkOrder(publication, after: source)
        sources[link]?.latest = publication
        before = current
        return publication
    }

    private var before: Publication?

    mutating func didReceive(_ publication: Publication) {
        reconsider()
        guard publication.isHonest, let before, let block = publication.block, let standing = before.block,
            block != standing, world.chain.isAncestor(standing, of: block),
            world.chain.blocks[block].height - world.chain.blocks[standing].height < Position.maximumAncestors
        else { return }
        if let current, current.position.ordinal >= publication.position.ordinal { return }
        world.violation(
            "\(name) stands at \(standing) and did not deliver \(publication.key) of \(publication.publisher), which grew out "
                + "of it")
    }

    /// Between two items of one stream no position is left out that the publisher published.
    private func checkOrder(_ publication: Publication, after source: Source) {
        guard let first = source.latest, first.publisher == publication.publisher else { return }
        guard first.number < publication.number || first.position.parent != publication.position.parent else {
            return world.violation("\(name) got \(publication.key) of \(publication.publisher) after \(first.key)")
        }
        for entry in world.book.entries[(first.number + 1)..<max(publication.number, first.number + 1)]
        where entry.publisher == publication.publisher {
            let isBetween = ![first.position.parent, publication.position.parent].contains(entry.position.parent)
            let isBelow = publication.position.ancestors.contains(entry.position.parent)
            if isBetween, isBelow {
                world.violation(
                    "\(name) got \(publication.key) of \(publication.publisher) without \(entry.key) before")
            }
        }
    }

    // MARK: What is delivered

    mutating func delivered(_ item: PublishedItem, isReset: Bool) {
        guard let publication = world.book.publication(in: item.item.bytes) else {
            return world.violation("\(name) delivers what was never published: \(item.key)")
        }
        deliveryCount += 1
        world.trace(
            "\(name) \(isReset ? "resets to" : "delivers") \(publication.key) of \(publication.publisher) at height "
                + "\(publication.position.height)")
        if isReset {
            delivered = []
        } else if let current, publication.position.ordinal < current.position.ordinal {
            world.violation("\(name) goes back from \(current.key) to \(publication.key) without a reset")
        }
        if !delivered.insert("\(publication.position.parent) \(publication.key)").inserted {
            world.violation("\(name) delivers \(publication.key) at \(publication.position.parent) twice")
        }
        checkFollowing(publication)
        current = publication
    }

    /// The active publisher's last word is out.
    func checkActive(_ link: LinkID?) {
        guard let current, let link, let latest = sources[link]?.latest,
            latest.position.parent == current.position.parent, latest.position.lineage == current.position.lineage
        else { return }
        if !delivered.contains("\(latest.position.parent) \(latest.key)") {
            world.violation(
                "\(name) holds \(latest.key) of \(latest.publisher), which is active, and did not deliver it")
        }
    }
}
