internal import Foundation
internal import Synchronization

/// The work of the moment, given out to the hashing threads in slices.
final class WorkBoard: Sendable {
    private struct State {
        var work: MinerWork?
        var isClosed = false
        var nextSlice: UInt64
    }

    private let state: Mutex<State>
    private let changed = NSCondition()
    private let generations = Atomic<UInt64>(0)
    private let hashes = Atomic<UInt64>(0)

    /// - Parameter firstSlice: Random, so that a miner that reconnects and gets its old extranonce1 back finds other shares.
    init(firstSlice: UInt64) { state = Mutex(State(nextSlice: firstSlice)) }

    /// Changes with the work: a thread that sees another one than its slice had takes a new slice.
    var generation: UInt64 { generations.load(ordering: .acquiring) }

    /// How many headers were hashed so far.
    var hashCount: UInt64 { hashes.load(ordering: .relaxed) }

    func count(hashes number: UInt64) { hashes.add(number, ordering: .relaxed) }

    /// Puts up other work; nil lets the threads rest.
    func post(_ work: MinerWork?) { change { $0.work = work } }

    /// Ends the threads.
    func close() { change { $0.isClosed = true } }

    private func change(_ body: (inout State) -> Void) {
        changed.lock()
        state.withLock { body(&$0) }
        generations.add(1, ordering: .releasing)
        changed.broadcast()
        changed.unlock()
    }

    /// The next slice and its generation; waits while there is no work. Nil at the end.
    func take() -> (slice: MinerWork.Slice, generation: UInt64)? {
        changed.lock()
        defer { changed.unlock() }
        while true {
            let generation = generation
            let (slice, isClosed) = state.withLock { state -> (MinerWork.Slice?, Bool) in
                guard !state.isClosed, let work = state.work else { return (nil, state.isClosed) }
                defer { state.nextSlice &+= 1 }
                return (work.slice(state.nextSlice), false)
            }
            if isClosed { return nil }
            if let slice { return (slice, generation) }
            changed.wait()
        }
    }
}
