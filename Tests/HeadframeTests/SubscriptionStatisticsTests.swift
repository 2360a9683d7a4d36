internal import MessagePack
internal import Testing

@testable internal import headframe

@Suite struct SubscriptionStatisticsTests {
    private func statistics(_ items: [SubscriptionStatistics.Item]) -> SubscriptionStatistics {
        var statistics = SubscriptionStatistics()
        for item in items { statistics.received(item) }
        return statistics
    }

    private func item(
        _ height: UInt64, key: String = "k", from publisher: String = "a", epoch: UInt64 = 1, branch: String = "main",
        reset: Bool = false
    ) -> SubscriptionStatistics.Item {
        .init(
            publisher: publisher, epoch: epoch, height: height, position: "\(branch)-\(height)", key: key,
            isReset: reset)
    }

    @Test func anUnbrokenStreamHasNothingToReport() {
        let counted = statistics((100...130).map { item($0) })
        #expect(counted.items == 31)
        #expect(counted.firstHeight == 100)
        #expect(counted.lastHeight == 130)
        #expect(counted.missingHeights == 0)
        #expect(counted.duplicates == 0)
        #expect(counted.switches == 0)
        #expect(counted.falls == 0)
        #expect(counted.resets == 0)
    }

    @Test func nothingWasSeenOfAnEmptyStream() {
        #expect(statistics([]).firstHeight == nil)
        #expect(statistics([]).json["lastHeight"] == .null)
    }

    @Test func everyMissingHeightIsCounted() {
        let counted = statistics([item(1), item(2), item(4), item(5), item(9)])
        #expect(counted.missingHeights == 4)
        #expect(counted.gaps == [3...3, 6...8])
    }

    @Test func severalItemsAtOneHeightAreNoGap() {
        let counted = statistics([item(1), item(1, key: "l"), item(2)])
        #expect(counted.missingHeights == 0)
        #expect(counted.duplicates == 0)
    }

    @Test func aDuplicateIsOnePositionAndKeyTwice() {
        #expect(statistics([item(1), item(1)]).duplicates == 1)
        #expect(statistics([item(1), item(1, from: "b")]).duplicates == 1)
        #expect(statistics([item(1), item(1, branch: "other")]).duplicates == 0)
        #expect(statistics([item(1), item(2)]).duplicates == 0)
    }

    @Test func aFallWithoutAResetIsAFault() {
        let counted = statistics([item(5), item(4), item(5, key: "l")])
        #expect(counted.falls == 1)
        #expect(counted.resets == 0)
        #expect(counted.missingHeights == 0)
    }

    @Test func aResetMayFallAndRepeat() {
        let counted = statistics([item(5), item(6), item(5, reset: true), item(6)])
        #expect(counted.resets == 1)
        #expect(counted.falls == 0)
        #expect(counted.duplicates == 0)
        #expect(counted.missingHeights == 0)
    }

    @Test func aSwitchIsAnotherPublisherOrAnotherLifeOfIt() {
        #expect(statistics([item(1), item(2, from: "b"), item(3)]).switches == 2)
        #expect(statistics([item(1), item(2, epoch: 2), item(3, epoch: 2)]).switches == 1)
    }

    @Test func heightsAtTheEndOfTheirRangeDoNotTrap() {
        let counted = statistics([item(0), item(.max), item(.max, key: "l"), item(0)])
        #expect(counted.missingHeights == UInt64.max - 1)
        #expect(counted.falls == 1)
        // Once more all of them: the count stays at the most that it can hold.
        #expect(statistics([item(0), item(.max), item(0), item(.max)]).missingHeights == .max)
    }

    @Test func whatIsRememberedIsBounded() {
        let many = (0..<250).map { item(UInt64($0 * 2), from: "p\($0)") }
        #expect(statistics(many).gaps.count == SubscriptionStatistics.keptGaps)
        #expect(statistics(many).missingHeights == 249)
        var names = RecentNames(capacity: 2)
        let areNew = ["a", "b", "a", "c", "a", "c"].map { names.insert($0) }
        #expect(areNew == [true, true, false, true, true, false])
    }

    @Test func theTextNamesWhatIsMissing() {
        var counted = statistics([item(1), item(4), item(6, from: "b")])
        counted.alarmed()
        #expect(counted.text.contains("gaps        3 (2-3, 5)\n"))
        #expect(counted.text.contains("items       3 (a 2, b 1)\n"))
        #expect(counted.text.contains("alarms      1\n"))
        #expect(counted.json["gaps"] == 3)
        #expect(counted.json["missing"] == [[2, 3], [5, 5]])
        #expect(counted.json["switches"] == 1)
    }

    @Test func thePlainStreamOfAPublisherIsCountedToo() throws {
        let item = try #require(
            SubscriptionStatistics.Item(published: [
                "publisher": "a-1", "epoch": 7, "sequence": 1, "snapshot": true, "key": "k", "item": [:],
                "position": ["lineage": "l", "ordinal": "1f", "height": 12, "parent": "p", "ancestors": ["p"]],
            ]))
        #expect(item.height == 12)
        #expect(item.epoch == 7)
        #expect(SubscriptionStatistics.Item(published: ["publisher": "a-1"]) == nil)
        #expect(SubscriptionStatistics.Item(published: 7) == nil)
    }
}
