internal import Mesh
internal import MessagePack

/// An item of a publication as `headframe subscribe` prints it.
struct UpdateLine {
    let update: Update<MessagePackValue>
    /// When it came, for people.
    let receivedAt: String

    /// One object.
    var json: MessagePackValue {
        .map([
            "publisher": .string(update.publisher),
            "epoch": MessagePackValue(update.epoch),
            "position": .map([
                "lineage": .string(update.position.lineage),
                "ordinal": .string(update.position.ordinal.description),
                "height": MessagePackValue(update.position.height),
                "parent": .string(update.position.parent),
                "ancestors": .array(update.position.ancestors.map { .string($0) }),
            ]),
            "key": .string(update.key),
            "reset": .bool(update.isReset),
            "item": update.item,
            "receivedAt": .string(receivedAt),
        ])
    }

    /// What the statistics look at.
    var counted: SubscriptionStatistics.Item {
        SubscriptionStatistics.Item(
            publisher: update.publisher, epoch: update.epoch, height: update.position.height,
            position: "\(update.position.lineage)\u{0}\(update.position.parent)", key: update.key,
            isReset: update.isReset)
    }
}
