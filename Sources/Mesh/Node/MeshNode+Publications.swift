internal import MessagePack
internal import Synchronization

/// One item of a merged publication.
public struct Update<Item: Sendable>: Sendable {
    /// The instance whose item this is.
    public let publisher: String
    /// The life of that instance.
    public let epoch: Epoch
    /// Where it stands.
    public let position: Position
    /// Names its content.
    public let key: String
    /// Whether the stream starts again here, at a position that may be lower than the last.
    public let isReset: Bool
    /// The item itself.
    public let item: Item
}

/// What a subscription tells.
public enum SubscriptionEvent<Item: Sendable>: Sendable {
    /// The next item.
    case item(Update<Item>)
    /// Something that an operator should hear of; it is in the log too.
    case alarm(String)
}

extension MeshNode {
    /// Makes an item the current one of a publication.
    ///
    /// - Parameters:
    ///   - item: What is published.
    ///   - position: Where it stands; see ``Position``.
    ///   - key: Names its content: the same from every publisher that says the same.
    ///   - publication: As which publication of the service.
    /// - Throws: A `MessagePackError` for an item that cannot be encoded, a ``MeshError`` for one that is too large to be sent or
    ///   has a name of more than ``Position/maximumNameBytes`` or ancestors without its parent: no subscriber takes such an item.
    public func publish<Item>(_ item: Item, at position: Position, key: String, as publication: Publication<Item>)
        throws
    {
        let encoded = Payload(try MessagePackEncoder().encode(item))
        let limit = configuration.limits.itemBytes
        guard encoded.count <= limit else { throw MeshError.itemTooLarge(encoded.count, limit) }
        guard position.ancestors.first == position.parent else {
            throw MeshError(
                .badArguments,
                "the ancestors of a position begin with its parent, “\(position.parent.prefix(80))”: put it there")
        }
        for name in [key, position.lineage] + position.ancestors where name.utf8.count > Position.maximumNameBytes {
            throw MeshError.nameTooLong(name, Position.maximumNameBytes)
        }
        let name = configuration.name?.instance ?? ""
        submit(
            .perform { core in
                let published = PublishedItem(
                    publisher: name, epoch: core.server.epoch, position: position, key: key, item: encoded)
                core.server.publish(published, as: publication.name)
            })
    }

    /// Subscribes to a publication of all instances of a service, merged into one stream; see ``Merger``.
    ///
    /// It ends when the sequence is let go of. A consumer that is slow gets the newest item of each position.
    public func subscribe<Item: Decodable & Sendable>(
        _ service: String, _ publication: String, of item: Item.Type = Item.self, policy: Merger.Policy = .init()
    ) -> MeshSubscription<Item> {
        let identifier = Mutex<SubscriptionID?>(nil)
        let subscription = MeshSubscription<Item>.Place(identifier: identifier)
        let submit = submit
        let mailbox = Mailbox<Merger.Output>(tellEvery: 1) { count in
            submit(
                .perform { core in
                    if let identifier = subscription.current { core.client.consumed(count, of: identifier) }
                })
        }
        submit(
            .perform { core in
                subscription.current = core.subscribe(to: publication, of: service, policy: policy, mailbox: mailbox)
            })
        return MeshSubscription(publication: publication, mailbox: mailbox, place: subscription, node: self)
    }
}

/// A merged publication, for one consumer.
public final class MeshSubscription<Item: Decodable & Sendable>: AsyncSequence, Sendable {
    /// Where the core keeps the subscription, known once it has made it.
    final class Place: Sendable {
        private let identifier: Mutex<SubscriptionID?>

        init(identifier: consuming Mutex<SubscriptionID?>) { self.identifier = identifier }

        var current: SubscriptionID? {
            get { identifier.withLock { $0 } }
            set { identifier.withLock { $0 = newValue } }
        }
    }

    private let publication: String
    private let mailbox: Mailbox<Merger.Output>
    private let place: Place
    private let node: MeshNode

    init(publication: String, mailbox: Mailbox<Merger.Output>, place: Place, node: MeshNode) {
        self.publication = publication
        self.mailbox = mailbox
        self.place = place
        self.node = node
    }

    deinit {
        let place = place
        node.submit(.perform { core in if let identifier = place.current { core.unsubscribe(identifier) } })
    }

    /// What the merger counted so far.
    public func statistics() async -> Merger.Statistics {
        let place = place
        return await node.onCore { core in place.current.flatMap { core.client.statistics(of: $0) } ?? .init() }
    }

    /// The one iterator of the subscription.
    public func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }

    /// Takes what the subscription tells, one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let subscription: MeshSubscription

        /// The next event; nil when the subscription is over.
        public func next() async throws -> SubscriptionEvent<Item>? {
            switch try await subscription.mailbox.next() {
            case .deliver(let item): .item(try subscription.update(item, isReset: false))
            case .reset(let item, _): .item(try subscription.update(item, isReset: true))
            case .alarm(let text): .alarm(text)
            case nil: nil
            }
        }
    }

    private func update(_ item: PublishedItem, isReset: Bool) throws -> Update<Item> {
        Update(
            publisher: item.publisher, epoch: item.epoch, position: item.position, key: item.key, isReset: isReset,
            item: try MeshNode.decode(Item.self, from: item.item, of: publication))
    }
}
