internal import AsyncHTTPClient
internal import CoinDaemon
internal import Logging
internal import Mining
internal import Synchronization

/// Turns the templates of the coin daemons into jobs: published at once, kept in memory for a while, and stored.
final class JobManager: Sendable {
    private let options: JobManagerOptions
    private let source: TemplateSource
    private let desk: BlockDesk
    private let chronicle: BlockChronicle
    private let follower: BlockFollower
    private let store: any JobStore
    private let archive: JobArchive
    private let wallClockMilliseconds: @Sendable () -> Int64
    private let logger: Logger
    private let jobs: Mutex<JobBook>

    /// A jobmanager that has not begun.
    ///
    /// - Parameters:
    ///   - http: configured as `.coinDaemon`; its owner shuts it down.
    ///   - store: where jobs go beside the publisher.
    ///   - ledger: where found blocks are written.
    ///   - wallClockMilliseconds: milliseconds since 1970.
    init(
        _ options: JobManagerOptions, http: HTTPClient, store: any JobStore, ledger: any BlockLedger,
        wallClockMilliseconds: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        let limits = CoinDaemonClient.Configuration(callDeadline: options.callDeadline)
        let daemons = options.daemons.map { CoinDaemonClient($0, http: http, configuration: limits) }
        self.options = options
        source = TemplateSource(
            daemons, policy: MostWorkPolicy(loyalty: options.loyalty), options: options.templates, logger: logger)
        self.store = store
        self.wallClockMilliseconds = wallClockMilliseconds
        self.logger = logger
        chronicle = BlockChronicle(ledger, logger: logger)
        desk = BlockDesk(daemons, deadline: options.submitDeadline, chronicle: chronicle, logger: logger)
        follower = BlockFollower(daemons: daemons, ledger: ledger, interval: options.followInterval, logger: logger)
        archive = JobArchive(store, expiry: options.jobExpiry, logger: logger)
        jobs = Mutex(JobBook(JobCache(countLimit: options.cachedJobLimit, ageLimit: options.jobExpiry)))
    }

    /// Works until the task is cancelled. To be called once.
    ///
    /// - Parameter publisher: gets each job once, in order.
    func run(publishingTo publisher: some JobPublisher) async {
        await withDiscardingTaskGroup { group in
            group.addTask(name: "templates") { await self.source.run() }
            group.addTask(name: "archive") { await self.archive.run() }
            group.addTask(name: "renewal") { await self.renewCurrent() }
            group.addTask(name: "supply") { await self.watchSupply(of: publisher) }
            group.addTask(name: "blocks") { await self.desk.run() }
            group.addTask(name: "chronicle") { await self.chronicle.run() }
            group.addTask(name: "follower") { await self.follower.run() }
            for await selection in source.selections {
                await take(selection, publishingTo: publisher)
            }
        }
    }

    /// Looks, until cancelled, whether any daemon still stands behind the current job.
    private func watchSupply(of publisher: some JobPublisher) async {
        var supply = TemplateSupply(grace: options.daemonGrace)
        // The sleep throws when the task is cancelled, and nothing else.
        while (try? await Task.sleep(for: supply.interval)) != nil {
            // Before the first job it is not ready anyway.
            guard jobs.withLock({ $0.current != nil }) else { continue }
            switch supply.looked(silentSince: source.silentSince, at: .now) {
            case .ended:
                let reason = "no coin daemon has given a template for \(options.daemonGrace): \(daemonReasons)"
                logger.warning("not ready any more, with the last job: \(reason)")
                await publisher.suspend(reason)
            case .returned:
                logger.notice("ready again: a coin daemon gives templates")
                await publisher.resume()
            case nil: break
            }
        }
    }

    /// Keeps the current job, here and in the store, for as long as it is that; until cancelled.
    private func renewCurrent() async {
        // The sleep throws when the task is cancelled, and nothing else.
        while (try? await Task.sleep(for: options.jobExpiry / 3)) != nil {
            if let job = jobs.withLock({ $0.renew(at: .now) }) { archive.add(job) }
        }
    }

    private var daemonReasons: String { source.status.map(\.reason).filter { !$0.isEmpty }.joined(separator: "; ") }

    private func take(_ selection: TemplateCandidate, publishingTo publisher: some JobPublisher) async {
        guard isOnNetwork(selection) else {
            return await publisher.suspend(
                "the coin daemons are on \(selection.position.lineage), not on \(options.network.rawValue); "
                    + "correct --network or --daemons")
        }
        let job = Job(
            template: selection.template, position: selection.position, payouts: options.payouts, tag: options.tag,
            algorithm: options.network.algorithm, createdAtMilliseconds: wallClockMilliseconds())
        guard jobs.withLock({ $0.adopt(job, at: .now) }) else { return }
        await publisher.publish(job)
        archive.add(job)
        logger.info(
            "new job",
            metadata: [
                "job": "\(job.id)", "height": "\(job.position.height)", "parent": "\(job.position.parent)",
                "transactions": "\(job.template.transactions.count)", "daemon": "\(selection.daemon)",
            ])
    }

    /// Whether a template is of the network whose addresses are paid: an output script looks the same on all of them.
    private func isOnNetwork(_ selection: TemplateCandidate) -> Bool {
        if selection.position.lineage.hasPrefix(options.network.chain) { return true }
        logger.error(
            "no job is made: the coin daemons are on another network than --network says",
            metadata: [
                "daemon": "\(selection.daemon)", "chain": "\(selection.position.lineage)",
                "network": "\(options.network.rawValue)",
            ])
        return false
    }
}

/// The methods of the service.
extension JobManager {
    /// The current job, the daemons, and how the storing goes.
    func status() -> JobManagerStatus {
        let now = ContinuousClock.now
        let daemons = source.status
        let storeProblem = archive.currentProblem
        return jobs.withLock { jobs in
            JobManagerStatus(
                current: jobs.current.map(JobHeader.init),
                currentAgeSeconds: jobs.currentSince.map { (now - $0) / .seconds(1) },
                daemons: daemons, jobsMade: jobs.made, jobsCached: jobs.count, storeProblem: storeProblem)
        }
    }

    /// The current job.
    ///
    /// - Throws: `noJob` before the first template.
    func current() throws(JobManagerError) -> Job {
        guard let job = jobs.withLock({ $0.current }) else {
            throw JobManagerError(
                code: .noJob, message: "no coin daemon has given a template yet; see status for each daemon")
        }
        return job
    }

    /// A job by its id, from memory or from the store.
    ///
    /// - Throws: `invalidArgument`, `unknownJob`.
    func job(_ id: String) async throws(JobManagerError) -> Job {
        guard JobIdentity.isWellFormed(id) else {
            throw JobManagerError(
                code: .invalidArgument, message: "a job id is \(JobIdentity.digits) lower-case hexadecimal digits")
        }
        if let job = jobs.withLock({ $0.job(id, at: .now) }) { return job }
        do {
            if let job = try await store.load(id) { return job }
        } catch {
            throw JobManagerError(
                code: .unknownJob,
                message: "the job \(id) is not in this jobmanager's memory, and the store could not be asked: \(error)",
                cause: error)
        }
        throw JobManagerError(
            code: .unknownJob,
            message: "the job \(id) is neither in this jobmanager's memory nor in the store; it may have expired")
    }

    /// A daemon's `-blocknotify`: has every daemon asked at once that is not known to have the block.
    ///
    /// - Throws: `invalidArgument`.
    func notify(_ hash: String) throws(JobManagerError) {
        guard hash.utf8.count == 64, Chainwork(hex: hash) != nil else {
            throw JobManagerError(
                code: .invalidArgument,
                message: "notify takes a block hash of 64 hexadecimal digits, as -blocknotify gives it")
        }
        source.notify(hash.lowercased())
    }
}

/// Found blocks.
extension JobManager {
    /// Hands a found block in to every daemon; any number of times is like once.
    ///
    /// - Parameters:
    ///   - header: 160 hexadecimal digits.
    ///   - coinbase: hexadecimal, without the witness.
    ///   - sent: the job, where the caller has it; not needed while it is in memory or in the store.
    /// - Throws: `invalidArgument`.
    func submitBlock(
        jobID: String, header: String, coinbase: String, job sent: Job?
    ) async throws(JobManagerError) -> BlockVerdict {
        guard let header = Hex.decode(header), header.count == BlockAssembly.headerLength else {
            throw JobManagerError(code: .invalidArgument, message: "a header is 160 hexadecimal digits")
        }
        guard let coinbase = Hex.decode(coinbase), (60...100_000).contains(coinbase.count) else {
            throw JobManagerError(
                code: .invalidArgument, message: "a coinbase is a transaction of 60 to 100,000 bytes in hexadecimal")
        }
        guard let job = try await jobToSolve(jobID, sent: sent) else {
            return BlockVerdict(
                hash: BlockAssembly.hash(header: header), outcome: .unknownJob,
                reasons: ["jobmanager": "the job \(jobID) is neither here nor in the store; send it along"])
        }
        do throws(AssembledBlock.Flaw) {
            return await desk.submit(try await AssembledBlock.checked(job, header: header, coinbase: coinbase))
        } catch {
            logger.error(
                "what was handed in is no block: \(error.words)",
                metadata: ["block": "\(error.hash)", "job": "\(jobID)"])
            return error.verdict
        }
    }

    /// The job from memory, as it was sent along, or from the store.
    private func jobToSolve(_ id: String, sent: Job?) async throws(JobManagerError) -> Job? {
        if let job = jobs.withLock({ $0.job(id, at: .now) }) { return job }
        guard let sent else {
            do {
                return try await job(id)
            } catch {
                if error.code == .unknownJob { return nil }
                throw error
            }
        }
        // What it pays is part of what its id says.
        guard sent.id == id, sent.hasOwnID else {
            throw JobManagerError(
                code: .invalidArgument,
                message: "the job that was sent along is not the job \(id): its content has another id")
        }
        return sent
    }
}

extension Job {
    /// Whether the id follows from the content.
    fileprivate var hasOwnID: Bool {
        id == JobIdentity.of(template, at: position, payouts: payouts, tag: tag, algorithm: algorithm)
    }
}
