internal import Logging
internal import Mining
internal import Stratum

/// What all connections of the server share.
struct PoolParts: Sendable {
    let options: ServerOptions
    let guardian: Guardian
    let board: WorkBoard
    let hashing: HashPool
    let extranonces: ExtranonceSource
    let vault: SessionVault
    let statistics: PoolStatistics
    let recorder: any PoolRecorder
    let blocks: any BlockSink
    let shares: any ShareSink
    /// Milliseconds since 1970, for people.
    let wallClockMilliseconds: @Sendable () -> Int64
    let logger: Logger

    /// - Parameters:
    ///   - recorder: Told of connections and shares.
    ///   - blocks: Where found blocks go.
    ///   - shares: Where shares go that are accepted, before their miner is answered.
    init(
        _ options: ServerOptions, recorder: any PoolRecorder, blocks: any BlockSink, shares: any ShareSink,
        wallClockMilliseconds: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        self.options = options
        self.recorder = recorder
        self.blocks = blocks
        self.shares = shares
        self.wallClockMilliseconds = wallClockMilliseconds
        self.logger = logger
        guardian = Guardian(limits: options.limits, bans: options.bans, proxies: options.proxies)
        board = WorkBoard(ageLimit: options.session.jobAge)
        hashing = HashPool(threads: options.hashThreads, queueLimit: options.hashQueue)
        extranonces = ExtranonceSource(logger: logger)
        vault = SessionVault(countLimit: options.memoryLimit, ageLimit: options.memoryTime)
        statistics = PoolStatistics()
    }

    /// Passes a block on, if the result is one. It is called before the miner's own thread hears of it: every millisecond counts.
    func passOn(_ result: ShareResult, of check: ShareCheck) {
        guard case .block(let hash, let header, let coinbase) = result else { return }
        logger.notice(
            "found a block",
            metadata: ["height": "\(check.work.height)", "hash": "\(hash)", "worker": "\(check.worker)"])
        statistics.foundBlock()
        blocks.found(
            FoundBlock(
                job: check.work.job, header: header, coinbase: coinbase, hash: hash, height: check.work.height,
                worker: check.worker, foundAtMilliseconds: wallClockMilliseconds()))
    }

    /// Has a share recorded that meets its target, and says what to answer once that is done or has failed; at once for every other one.
    ///
    /// - Parameter answer: called once, on whatever thread knows.
    func record(
        _ result: ShareResult, of check: ShareCheck, answer: @escaping @Sendable (ShareResult) -> Void
    ) {
        let (digits, isBlock): (String, Bool)
        switch result {
        case .accepted(let hash): (digits, isBlock) = (hash, false)
        case .block(let hash, _, _): (digits, isBlock) = (hash, true)
        default: return answer(result)
        }
        guard let hash = Hex.decode(digits), hash.count == 32 else {
            return answer(.unrecorded("its hash \(digits) is none"))
        }
        let share = PoolShare(
            worker: check.worker, jobID: check.work.jobID, height: check.work.height, hash: hash,
            timeMilliseconds: wallClockMilliseconds(), difficulty: check.difficulty, isBlock: isBlock)
        let start = ContinuousClock.now
        shares.record(share) { outcome in
            switch outcome {
            case .recorded:
                statistics.recorded(in: .now - start)
                answer(result)
            case .recordedBefore: answer(.recordedBefore)
            case .refused(let problem): answer(.unrecorded(problem))
            }
        }
    }
}
