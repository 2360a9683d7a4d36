internal import Mining

/// Where accepted shares go: they are on disk before their miner is answered, and counted from there.
protocol ShareSink: Sendable {
    /// Takes a share and never waits. Called on a hashing thread.
    ///
    /// - Parameter done: called once, on any thread, when it is decided.
    func record(_ share: PoolShare, done: @escaping @Sendable (ShareOutcome) -> Void)

    /// How many shares were taken and are not decided yet.
    var pending: Int { get }

    /// Why no share will be recorded before this process starts again; nil while that can change by itself.
    var failure: String? { get }
}

/// What became of a share that was to be recorded.
enum ShareOutcome: Sendable, Hashable {
    /// It is safe, and will be counted.
    case recorded
    /// It was recorded before: it is counted once.
    case recordedBefore
    /// It is not, and why; for the miner.
    case refused(String)
}

/// Records nothing: for tests of everything else.
struct ForgetfulShareSink: ShareSink {
    func record(_ share: PoolShare, done: @escaping @Sendable (ShareOutcome) -> Void) { done(.recorded) }

    var pending: Int { 0 }

    var failure: String? { nil }
}
