internal import NIOPosix
internal import Stratum
internal import Synchronization

/// The threads that hash shares, beside the threads of the connections. What waits for them is bounded.
final class HashPool: Sendable {
    private let threads: NIOThreadPool
    private let queueLimit: Int
    private let waiting = Atomic<Int>(0)

    /// Threads that have not begun.
    ///
    /// - Parameter queueLimit: The most shares that are taken and not answered yet.
    init(threads: Int, queueLimit: Int) {
        self.threads = NIOThreadPool(numberOfThreads: threads)
        self.queueLimit = queueLimit
    }

    /// Starts the threads.
    func start() { threads.start() }

    /// Ends the threads; what still waits is answered as failed.
    func shutdown() async throws { try await threads.shutdownGracefully() }

    /// How many shares were taken and not answered yet.
    var load: Int { waiting.load(ordering: .relaxed) }

    /// Takes a share to be hashed.
    ///
    /// - Parameter completion: Called once, on a hashing thread, if the share was taken.
    /// - Returns: Whether it was taken; not when the queue is full.
    func submit(_ check: ShareCheck, completion: @escaping @Sendable (ShareResult) -> Void) -> Bool {
        guard waiting.add(1, ordering: .relaxed).newValue <= queueLimit else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        threads.submit { state in
            self.waiting.subtract(1, ordering: .relaxed)
            switch state {
            case .active: completion(check.run())
            case .cancelled: completion(.failed("the server is shutting down; connect again"))
            }
        }
        return true
    }
}
