internal import Foundation
internal import Mining
internal import Synchronization
internal import Testing

@testable internal import stratum

@Suite struct WorkBoardTests {
    private let board = WorkBoard(ageLimit: .seconds(600))
    private let start = ContinuousClock.now

    @Test func `work on another block is clean, and a confirmation makes it young again`() throws {
        let (first, second) = (try Work(Samples.job(1)), try Work(Samples.job(1, tip: 2)))
        var handed: [(job: String, clean: Bool)] = []
        let hand: WorkBoard.Hand = { handed.append(($0.jobID, $1)) }
        #expect(board.put(first, now: start, hand: hand))
        #expect(board.put(second, now: start, hand: hand))
        #expect(board.current(now: start + .seconds(600)) == nil)
        board.confirm(now: start + .seconds(500), hand: hand)
        #expect(board.current(now: start + .seconds(600))?.work.jobID == second.jobID)
        #expect(handed.map(\.job) == [first.jobID, second.jobID, second.jobID])
        #expect(handed.map(\.clean) == [true, true, false])
    }

    @Test func `an old tip that is being confirmed does not overtake a new one`() throws {
        let (old, new) = (try Work(Samples.job(1)), try Work(Samples.job(1, tip: 2)))
        let handed = Mutex<[String]>([])
        _ = board.put(old, now: start) { _, _ in }
        let isDone = DispatchSemaphore(value: 0)
        board.confirm(now: start) { work, _ in
            // The new block comes just now, on another thread; given the time for it, it must not be handed out before the old one.
            Thread.detachNewThread { [board, start] in
                _ = board.put(new, now: start) { work, _ in handed.withLock { $0.append(work.jobID) } }
                isDone.signal()
            }
            if isDone.wait(timeout: .now() + 0.2) == .success { isDone.signal() }
            handed.withLock { $0.append(work.jobID) }
        }
        isDone.wait()
        #expect(handed.withLock { $0 } == [old.jobID, new.jobID])
        #expect(board.latest?.work.jobID == new.jobID)
    }
}
