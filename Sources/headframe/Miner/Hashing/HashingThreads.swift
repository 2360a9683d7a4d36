internal import Foundation
internal import Synchronization

/// Threads that hash what is on a board, as fast as the processor does.
enum HashingThreads {
    /// Runs `body` beside so many threads and ends them after it.
    ///
    /// - Parameter found: Called on those threads with each share.
    static func run<Result>(
        _ count: Int, _ algorithm: MinerAlgorithm, board: WorkBoard,
        found: @escaping @Sendable (MinerSolution) -> Void, _ body: () async throws -> Result
    ) async rethrows -> Result {
        let running = DispatchGroup()
        for number in 1...count {
            running.enter()
            let thread = Thread {
                defer { running.leave() }
                while let (slice, generation) = board.take() {
                    search(slice, generation, algorithm, board, found)
                }
            }
            thread.name = "hashing-\(number)"
            thread.start()
        }
        defer { end(running, board) }
        return try await body()
    }

    /// Waits for the threads. Each looks at the board after every hash, so that this is a matter of milliseconds.
    private static func end(_ running: DispatchGroup, _ board: WorkBoard) {
        board.close()
        running.wait()
    }

    private static func search(
        _ slice: MinerWork.Slice, _ generation: UInt64, _ algorithm: MinerAlgorithm, _ board: WorkBoard,
        _ found: (MinerSolution) -> Void
    ) {
        var header = slice.header(nonce: 0)
        for nonce in 0...UInt32.max {
            guard board.generation == generation else { return }
            for place in 0..<4 { header[76 + place] = UInt8(truncatingIfNeeded: nonce >> (8 * UInt32(place))) }
            // Nothing but a lack of memory makes it fail; the nonce is left out then.
            guard let hash = try? algorithm.hash(header) else { continue }
            board.count(hashes: 1)
            if hash <= slice.work.shareTarget { found(MinerSolution(slice: slice, nonce: nonce, hash: hash)) }
        }
    }
}
