internal import DurableQueue
internal import Foundation
internal import Mesh
internal import Testing

/// What the entries of a replicated queue wait for, and what becomes of those of other origins.
@Suite struct QueueStateOwnershipTests {
    let now = Timestamp(milliseconds: 1)
    let origin = UUID()
    let other = UUID()

    private func state(
        recovering entries: [StoredEntry] = [], _ change: (inout QueueConfiguration) -> Void = { _ in }
    ) -> QueueState {
        var configuration = QueueConfiguration(name: "shares")
        configuration.mode = .replicated(min: 1)
        change(&configuration)
        var recovery = Recovery()
        recovery.entries = entries
        recovery.highestSequence = entries.map(\.identity.sequence).max() ?? 0
        return QueueState.starting(
            origin: origin, configuration: configuration, recovery: recovery, random: MeshRandom(seed: 1), now: now
        ).0
    }

    private func entry(_ sequence: UInt64, of origin: UUID, id: EntryID? = nil) -> Entry {
        Entry(
            identity: EntryIdentity(origin: origin, sequence: sequence), id: id ?? "\(origin) \(sequence)",
            enqueued: now, payload: [1])
    }

    private func add(_ id: EntryID, to state: inout QueueState) throws -> EntryIdentity {
        guard case .accepted(let identity, _) = try state.enqueue(id: id, key: nil, payload: [1], now: now) else {
            throw DurableQueueError(.full, "not taken")
        }
        return identity
    }

    @Test func nothingIsTakenInBeforeItIsOwned() throws {
        var state = state()
        guard case .notOwner = try state.enqueue(id: nil, key: nil, payload: [1], now: now) else {
            Issue.record("it was taken")
            return
        }
        #expect(state.own(origin, now: now).actions.contains(.admit))
        _ = try add("a", to: &state)
        state.disown(origin)
        #expect(!state.isTakingIn)
    }

    @Test func withoutAGroupWhatWasHeldForOthersRunsHere() throws {
        let held = [StoredEntry(header: entry(1, of: origin).header), StoredEntry(header: entry(7, of: other).header)]
        var state = state(recovering: held) { $0.mode = .queueOnly }
        #expect(Set(state.ownedOrigins) == [origin, other])
        #expect(state.foreignDepth == 1)
        #expect(state.depth == 2)
        for identity in held.map(\.identity) {
            #expect(state.complete([identity], now: now).contains { if case .store = $0 { true } else { false } })
        }
        #expect(state.foreignDepth == 0)
        #expect(state.depth == 0)
    }

    @Test func whatIsSafeIsAcknowledgedOnce() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let identity = try add("a", to: &state)
        #expect(state.safe([identity]).isEmpty, "it is not on the own disk yet")
        #expect(state.stored(identity, now: now).isEmpty)
        #expect(state.nextBatch() == nil)
        #expect(state.safe([identity]) == [.acknowledge(identity), .dispatch])
        #expect(state.safe([identity]).isEmpty)
        #expect(state.nextBatch()?.identities == [identity])
    }

    @Test func whatTheStoreHadIsReplicatedBeforeItRunsUnlessItRanBefore() {
        var progress = EntryProgress()
        progress.runs = 1
        let entries = [
            StoredEntry(header: entry(1, of: origin).header, progress: progress),
            StoredEntry(header: entry(2, of: origin).header),
            // It does not overtake the one before it.
            StoredEntry(header: entry(3, of: origin).header, progress: progress),
        ]
        var state = state(recovering: entries)
        #expect(state.nextBatch() == nil)
        #expect(state.own(origin, replicatesFirst: true, now: now).awaited == [2, 3])
        #expect(state.nextBatch()?.identities == [entries[0].identity])
        _ = state.safe([entries[1].identity])
        #expect(state.depth == 3)
    }

    @Test func whatIsHeldRunsOnceItIsOwnedAndNotAfter() throws {
        var state = state()
        let entries = (1...4).map { entry($0, of: other) }
        _ = state.hold(entries.map { .add($0) } + [.completed([4], at: now)], of: other, now: now)
        #expect(state.depth == 0)
        _ = state.own(other, now: now)
        #expect(state.depth == 3)
        let next = state.nextBatch()
        let batch = try #require(next)
        #expect(batch.identities == entries[0...2].map(\.identity))
        state.disown(other)
        _ = state.finished(batch, failures: [entries[1].identity: "no"], now: now)
        #expect(state.depth == 0)
        #expect(state.nextBatch() == nil)
        _ = state.own(other, now: now)
        #expect(state.depth == 1)
        #expect(state.nextBatch()?.identities == [entries[1].identity])
    }

    @Test func aMemberWhoseClockIsAheadHoldsUpNoForgetting() throws {
        var state = state { $0.dedupeWindow = .seconds(10) }
        _ = state.own(origin, now: now)
        _ = state.hold([.add(entry(1, of: other)), .completed([1], at: now + .seconds(1000))], of: other, now: now)
        let own = try add("a", to: &state)
        _ = state.stored(own, now: now)
        _ = state.complete([own], now: now)
        for case .store(let records, _, _) in state.tick(now: now + .seconds(10)) {
            guard case .forget(let identities) = records.first else { continue }
            #expect(Set(identities) == [own, EntryIdentity(origin: other, sequence: 1)])
        }
        #expect(state.nextDue == nil)
    }

    @Test func membersFollowTheOwnerInForgettingUntilTheyOwn() throws {
        var state = state { configuration in
            configuration.dedupeWindow = .seconds(10)
            configuration.forgetting = .onceConfirmed
        }
        let entries = (1...3).map { entry($0, of: other) }
        _ = state.hold(entries.map { .add($0) } + [.completed([1, 2, 3], at: now)], of: other, now: now)
        let late = now + .seconds(1000)
        #expect(state.tick(now: late).isEmpty && state.confirm(of: other, through: 3, now: late).isEmpty)
        _ = state.hold([.forgotten([1])], of: other, now: late)
        _ = state.own(other, now: late)
        let rest = [entries[1].identity, entries[2].identity]
        #expect(
            state.confirm(of: other, through: 3, now: late)
                == [.store([.forget(rest)], until: .written, intake: nil)])
    }

    @Test func aBatchIsOfOneOriginThatMayRun() {
        var state = state()
        _ = state.hold([.add(entry(1, of: other))], of: other, now: now)
        _ = state.hold([.add(entry(1, of: origin))], of: origin, now: now)
        _ = state.own(other, now: now)
        _ = state.own(origin, now: now)
        #expect(state.nextBatch(of: []) == nil)
        #expect(state.nextBatch(of: [origin])?.origin == origin)
    }

    @Test func anotherMembersIdDoesNotHideAnIntake() throws {
        var state = state()
        _ = state.own(origin, now: now)
        _ = state.hold([.add(entry(1, of: other, id: "same"))], of: other, now: now)
        let identity = try add("same", to: &state)
        #expect(identity.origin == origin)
        _ = state.hold([.forgotten([1])], of: other, now: now)
        guard case .known(identity, false) = try state.enqueue(id: "same", key: nil, payload: [], now: now) else {
            Issue.record("the id was forgotten with another's entry")
            return
        }
    }

    @Test func whatAnOwnerDoesNotKnowIsDroppedAndItsIntakeTold() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let identity = try add("a", to: &state)
        _ = state.stored(identity, now: now)
        state.disown(origin)
        let actions = state.hold([.forgotten([identity.sequence])], of: origin, now: now)
        guard case .reject(identity, .notOwner, _) = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(state.depth == 0)
    }

    @Test func whatIsStillBeingWrittenIsTakenBackOnceItIs() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let identity = try add("a", to: &state)
        #expect(state.withdraw(identity) == [])
        #expect(state.withdraw(identity) == nil, "it is being done")
        let again = try add("a", to: &state)
        #expect(again != identity && state.depth == 2)
        #expect(
            state.stored(identity, now: now) == [.store([.forget([identity])], until: .synced, intake: nil), .admit])
        #expect(state.safe([identity]).isEmpty && state.depth == 1)
        #expect(state.withdraw(again) == [])
        _ = state.storeFailed(again, DurableQueueError(.diskFull, "no space"))
        #expect(state.depth == 0)
        let third = try add("a", to: &state)
        _ = state.stored(third, now: now)
        state.disown(origin)
        #expect(state.isForeign(third) && !state.isWaitingForMembers(third))
    }

    @Test func theDepthOfEachOriginIsCounted() throws {
        var state = state { $0.maximumFailures = 1 }
        _ = state.own(origin, now: now)
        let entries = (1...4).map { entry($0, of: other) }
        _ = state.hold(entries.map { .add($0) } + [.completed([4], at: now)], of: other, now: now)
        _ = try add("a", to: &state)
        func depth(_ other: UUID) -> Int { state.depths[other] ?? 0 }
        #expect(depth(origin) == 1 && depth(other) == 0)
        _ = state.own(other, now: now)
        #expect(depth(other) == 3 && state.depth == 4)
        let next = state.nextBatch()
        let batch = try #require(next)
        let (first, second) = (entries[0].identity, entries[1].identity)
        _ = state.finished(batch, failures: [first: "no", second: "no"], now: now)
        #expect(depth(other) == 0 && state.deadCount == 2)
        #expect(state.revive([first]).revived == [first] && state.drop([second]).dropped == [second])
        #expect(depth(other) == 1 && state.deadCount == 0)
        state.disown(other)
        #expect(depth(other) == 0 && depth(origin) == 1 && state.depth == 1)
    }

    @Test func whatIsNotSafeCanBeTakenBack() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let identity = try add("a", to: &state)
        _ = state.stored(identity, now: now)
        #expect(state.withdraw(identity)?.first == .store([.forget([identity])], until: .synced, intake: nil))
        #expect(state.safe([identity]).isEmpty)
        let second = try add("a", to: &state)
        #expect(second != identity)
        _ = state.stored(second, now: now)
        _ = state.safe([second])
        #expect(state.withdraw(second) == nil)
    }

    private func addStored(_ id: EntryID, to state: inout QueueState) throws -> EntryIdentity {
        let identity = try add(id, to: &state)
        _ = state.stored(identity, now: now)
        return identity
    }

    @Test func whatWasNotAcknowledgedWaitsForMembersWhenItIsOwnedAgain() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let first = try addStored("a", to: &state)
        _ = state.safe([first])
        let (second, third) = (try addStored("b", to: &state), try add("c", to: &state))
        state.disown(origin)
        _ = state.stored(third, now: now)
        #expect(state.own(origin, now: now).awaited == [second.sequence, third.sequence])
        #expect(state.nextBatch()?.identities == [first])
        // At their deadline one is taken back, and the other was safe before.
        #expect(state.safe([second]).contains(.acknowledge(second)))
        #expect(state.withdraw(second) == nil && state.withdraw(third) != nil)
        #expect(state.safe([third]).isEmpty)
    }

    @Test func whatIsAnothersAndWasNotAcknowledgedIsTakenBackHere() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let identity = try addStored("a", to: &state)
        state.disown(origin)
        #expect(state.withdraw(identity) == [.store([.forget([identity])], until: .synced, intake: nil)])
        _ = state.own(origin, now: now)
        #expect(state.depth == 0 && state.nextBatch() == nil)
    }

    @Test func whatAnotherRanIsAcknowledged() throws {
        var state = state()
        _ = state.own(origin, now: now)
        let identity = try addStored("a", to: &state)
        state.disown(origin)
        let run = ReplicaRecord.completed([identity.sequence], at: now)
        #expect(state.hold([run], of: origin, now: now) == [.acknowledge(identity)])
        #expect(state.hold([run], of: origin, now: now).isEmpty && state.withdraw(identity) == nil)
    }

    @Test func whatMayHaveBeenAcknowledgedIsNotTakenBack() throws {
        let old = entry(1, of: origin, id: "old")
        var state = state(recovering: [StoredEntry(header: old.header)])
        _ = state.own(origin, replicatesFirst: true, now: now)
        let new = try addStored("new", to: &state)
        _ = state.safe([new])
        state.disown(origin)
        #expect(state.own(origin, replicatesFirst: true, now: now).awaited == [1, new.sequence])
        // Asked for once more by their ids, with a deadline of their own.
        for identity in [old.identity, new] {
            #expect(state.isWaitingForMembers(identity) && state.withdraw(identity) == nil)
            #expect(state.safe([identity]).contains(.acknowledge(identity)))
        }
    }
}
