internal import Mesh
internal import MessagePack

extension Mutant {
    var behaviour: ConsumerBehaviour {
        switch self {
        case .acceptsOlderEpoch: AcceptsOlderEpoch()
        case .doesNotDeduplicate: DoesNotDeduplicate()
        case .dropsHeldItem: DropsHeldItem()
        case .followsUnsupportedOrdinal: FollowsUnsupportedOrdinal()
        case .forgetsUnlistedPeers: ForgetsUnlistedPeers()
        }
    }
}

/// Believes the registry rather than the socket of a newer life.
private final class AcceptsOlderEpoch: ConsumerBehaviour {
    override func heard(_ event: RegistryEvent, by node: SimulatedConsumerNode) {
        let records: [InstanceRecord] =
            switch event {
            case .snapshot(let records): records
            case .updated(let record): [record]
            default: []
            }
        for record in records {
            for entry in node.instances where entry.record.name == record.name && entry.record.epoch > record.epoch {
                node.pretendBroken(entry.link)
            }
        }
        node.apply(event)
    }
}

/// Believes the registry rather than the socket of whoever it does not list.
private final class ForgetsUnlistedPeers: ConsumerBehaviour {
    override func heard(_ event: RegistryEvent, by node: SimulatedConsumerNode) {
        node.apply(event)
        guard case .snapshot(let records) = event else { return }
        let listed = Set(records.map(\.name))
        for entry in node.instances where !listed.contains(entry.record.name) { node.pretendBroken(entry.link) }
    }
}

/// Gives every publisher's items keys of their own.
private final class DoesNotDeduplicate: ConsumerBehaviour {
    override func received(_ message: [UInt8], on link: LinkID, by node: SimulatedConsumerNode) {
        let changed = node.rewriting(message) { item in
            guard let key = item["key"]?.stringValue, let publisher = item["publisher"]?.stringValue else {
                return item
            }
            return item.replacing("key", with: .string("\(key) of \(publisher)"))
        }
        node.apply(changed, on: link)
    }
}

/// Makes every higher position look as if it had grown out of the present one.
private final class FollowsUnsupportedOrdinal: ConsumerBehaviour {
    override func received(_ message: [UInt8], on link: LinkID, by node: SimulatedConsumerNode) {
        guard let current = node.stream.current?.position,
            let news = node.world.book.publication(in: message)?.position,
            news.ordinal > current.ordinal, !news.ancestors.contains(current.parent), news.height > current.height,
            news.height - current.height < news.ancestors.count
        else { return node.apply(message, on: link) }
        var ancestors = news.ancestors.map(MessagePackValue.string)
        ancestors[Int(news.height - current.height)] = .string(current.parent)
        let changed = node.rewriting(message) { item in
            guard let position = item["position"] else { return item }
            return item.replacing("position", with: position.replacing("ancestors", with: .array(ancestors)))
        }
        node.apply(changed, on: link)
    }
}

/// Delivers nothing but what comes in at the moment.
private final class DropsHeldItem: ConsumerBehaviour {
    private var incoming: [UInt8] = []

    override func received(_ message: [UInt8], on link: LinkID, by node: SimulatedConsumerNode) {
        incoming = message
        node.apply(message, on: link)
        incoming = []
    }

    override func decided(_ output: Merger.Output, by node: SimulatedConsumerNode) {
        if case .deliver(let item) = output, item.position.parent == node.stream.current?.position.parent,
            node.world.book.publication(in: item.item.bytes)?.number
                != node.world.book.publication(in: incoming)?.number
        {
            return node.swallow()
        }
        node.apply(output)
    }
}

extension SimulatedConsumerNode {
    /// The message with its published item changed; any other message as it is.
    fileprivate func rewriting(
        _ message: [UInt8], _ change: (MessagePackValue) -> MessagePackValue
    ) -> [UInt8] {
        guard world.book.publication(in: message) != nil,
            let event = try? MessagePackDecoder().decode(MessagePackValue.self, from: message),
            let parts = event.arrayValue, parts.count == 3,
            let changed = try? MessagePackEncoder().encode(
                MessagePackValue.array([parts[0], parts[1], change(parts[2])]))
        else { return message }
        return changed
    }
}

extension MessagePackValue {
    fileprivate func replacing(_ key: String, with value: MessagePackValue) -> MessagePackValue {
        .map((mapValue ?? []).map { $0.key.stringValue == key ? MessagePackMapEntry($0.key, value) : $0 })
    }
}
