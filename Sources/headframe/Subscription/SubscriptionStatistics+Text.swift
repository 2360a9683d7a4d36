internal import MessagePack

extension SubscriptionStatistics {
    /// One object.
    var json: MessagePackValue {
        .map([
            "items": MessagePackValue(items),
            "firstHeight": firstHeight.map { MessagePackValue($0) } ?? .null,
            "lastHeight": lastHeight.map { MessagePackValue($0) } ?? .null,
            "gaps": MessagePackValue(missingHeights),
            "missing": .array(gaps.map { .array([MessagePackValue($0.lowerBound), MessagePackValue($0.upperBound)]) }),
            "duplicates": MessagePackValue(duplicates),
            "switches": MessagePackValue(switches),
            "resets": MessagePackValue(resets),
            "falls": MessagePackValue(falls),
            "alarms": MessagePackValue(alarms),
            "publishers": .map(
                itemsByPublisher.sorted { $0.key < $1.key }
                    .map { MessagePackMapEntry(.string($0.key), MessagePackValue($0.value)) }),
        ])
    }

    /// A few lines for people, with the last line's end.
    var text: String {
        let heights = firstHeight.flatMap { first in lastHeight.map { "\(first) to \($0)" } } ?? "none"
        let publishers = itemsByPublisher.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let missing = gaps.prefix(10).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        let more = gaps.count > missing.count ? ", ..." : ""
        return """
            items       \(items)\(publishers.isEmpty ? "" : " (\(publishers.joined(separator: ", ")))")
            heights     \(heights)
            gaps        \(missingHeights)\(missing.isEmpty ? "" : " (\(missing.joined(separator: ", "))\(more))")
            duplicates  \(duplicates)
            switches    \(switches)
            resets      \(resets)
            falls       \(falls)
            alarms      \(alarms)

            """
    }
}
