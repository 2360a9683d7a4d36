internal import DurableQueue
internal import Testing

@Suite struct RosterTests {
    let roster = Roster(replicas: 1, members: ["a", "b", "c"])

    @Test func whatIsAcknowledgedMeetsWhatIsReported() {
        for count in 1...7 {
            for replicas in 0..<count {
                let roster = Roster(replicas: replicas, members: Set((0..<count).map { MemberID("\($0)") }))
                let first = Set((0...replicas).map { MemberID("\($0)") })
                let others = roster.members.subtracting(first)
                #expect(roster.isEnough(holding: first))
                #expect(!roster.isEnough(reporting: others), "\(count) members, \(replicas) replicas")
                #expect(roster.isEnough(reporting: others.union(["0"])))
            }
        }
    }

    @Test func twoMajoritiesMeet() {
        #expect(roster.isMajority(["a", "b"]))
        #expect(!roster.isMajority(["a"]))
        #expect(!Roster(replicas: 1, members: ["a", "b"]).isMajority(["b"]))
        #expect(!roster.isMajority(["a", "x"]))
    }

    @Test func aChangeNeedsEnoughOfBoth() {
        let changing = roster.changing(to: ["a", "x", "y"])
        #expect(changing.isChanging)
        #expect(changing.members == ["a", "b", "c", "x", "y"])
        #expect(!changing.isEnough(holding: ["a", "b"]))
        #expect(changing.isEnough(holding: ["a", "b", "x"]))
        #expect(!changing.isEnough(reporting: ["a", "b"]))
        #expect(changing.isEnough(reporting: ["a", "b", "y"]))
        #expect(changing.changed == Roster(replicas: 1, members: ["a", "x", "y"]))
    }
}
