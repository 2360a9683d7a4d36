internal import Synchronization
internal import Testing

@testable internal import EventLoop

@Suite struct EventLoopTests {
    actor Confined {
        let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private(set) var count = 0

        init(loop: EventLoop) { self.loop = loop }

        func increment() -> Bool {
            count += 1
            return loop.isCurrent
        }
    }

    @Test func anActorOnTheLoopRunsOnItsThread() async throws {
        try await EventLoop.withEventLoop { loop in
            let confined = Confined(loop: loop)
            for _ in 0..<100 {
                let onLoop = await confined.increment()
                #expect(onLoop)
            }
            #expect(await confined.count == 100)
        }
    }

    @Test func aTaskMayPreferTheLoop() async throws {
        try await EventLoop.withEventLoop { loop in
            let stayed = await withTaskExecutorPreference(loop) {
                await Task.yield()
                return loop.isCurrent
            }
            #expect(stayed)
        }
    }

    @Test func timersFireInOrderAndCancelledOnesDoNot() async throws {
        try await EventLoop.withEventLoop { loop in
            let fired = await withCheckedContinuation { (done: CheckedContinuation<[Int], Never>) in
                loop.execute {
                    let box = SharedOrder()
                    loop.schedule(after: .milliseconds(20), name: "second") { box.values.append(2) }
                    loop.schedule(after: .milliseconds(5), name: "first") { box.values.append(1) }
                    let cancelled = loop.schedule(after: .milliseconds(10), name: "never") { box.values.append(99) }
                    loop.cancel(cancelled)
                    loop.schedule(after: .milliseconds(30), name: "last") { done.resume(returning: box.values) }
                }
            }
            #expect(fired == [1, 2])
        }
    }

    @Test func anInboxKeepsTheOrderAndLosesNothing() async throws {
        try await EventLoop.withEventLoop { loop in
            let total = 10_000
            let received = await withCheckedContinuation { (done: CheckedContinuation<[Int], Never>) in
                let seen = Mutex<[Int]>([])
                let inbox = LoopInbox<Int>(loop: loop) { batch in
                    let all = seen.withLock { seen in
                        seen += batch
                        return seen
                    }
                    if all.count == total { done.resume(returning: all) }
                }
                for value in 0..<total { inbox.submit(value) }
            }
            #expect(received == Array(0..<total))
        }
    }

    @Test func workHandedOverAfterTheEndStillRuns() async throws {
        let loop = try EventLoop()
        await loop.shutdown()
        await withCheckedContinuation { done in loop.execute { done.resume() } }
    }
}

/// Touched by the loop's thread alone.
private final class SharedOrder {
    var values: [Int] = []
}
