internal import Mesh
internal import MessagePack
internal import Synchronization

/// One `headframe subscribe` at work: prints what comes, counts it, and knows when it has enough.
final class SubscriptionRun: Sendable {
    private let count: Int?
    private let collected = Mutex(SubscriptionStatistics())

    /// - Parameter count: How many items are enough; nil for no end.
    init(count: Int?) { self.count = count }

    /// What was counted so far.
    var statistics: SubscriptionStatistics { collected.withLock { $0 } }

    /// Prints the merged publication until there is enough of it.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads any more; `MeshError` when the subscription fails.
    func follow(_ publication: String, of service: String, _ session: MeshSession) async throws {
        let subscription: MeshSubscription<MessagePackValue> = session.node.subscribe(service, publication)
        for try await event in subscription {
            switch event {
            case .alarm(let text):
                collected.withLock { $0.alarmed() }
                Diagnostics.note(text)
            case .item(let update):
                let line = UpdateLine(update: update, receivedAt: Times.iso8601())
                try StandardOutput.line(JSONText.compact(line.json))
                let isEnough = collected.withLock { statistics in
                    statistics.received(line.counted)
                    return statistics.items >= count ?? .max
                }
                if isEnough { return }
            }
        }
    }

    /// Prints the stream of one instance, item by item as it comes, until there is enough of it.
    func follow(_ request: CallRequest, of target: String, _ session: MeshSession) async throws {
        struct Enough: Error {}
        var items = 0
        do {
            try await answers(of: request, at: target, timeout: nil, session) { item in
                try StandardOutput.line(JSONText.compact(item))
                if let counted = SubscriptionStatistics.Item(published: item) {
                    collected.withLock { $0.received(counted) }
                }
                items += 1
                if items >= count ?? .max { throw Enough() }
            }
        } catch is Enough {}
    }
}

extension SubscriptionStatistics.Item {
    /// Reads an item of one publisher's stream; nil for the item of a stream that is no publication.
    init?(published value: MessagePackValue) {
        guard let publisher = value["publisher"]?.stringValue, let epoch = value["epoch"]?.uintValue,
            let key = value["key"]?.stringValue, value["sequence"] != nil, value["item"] != nil,
            let position = value["position"], let height = position["height"]?.uintValue,
            let parent = position["parent"]?.stringValue
        else { return nil }
        self.init(
            publisher: publisher, epoch: epoch, height: height,
            position: "\(position["lineage"]?.stringValue ?? "")\u{0}\(parent)", key: key, isReset: false)
    }
}
