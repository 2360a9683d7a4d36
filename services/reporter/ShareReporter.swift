internal import DurableQueue
internal import Foundation
internal import Logging
internal import Mesh
internal import Metrics
internal import Redis
internal import ServiceKit
internal import Synchronization

/// Finds the stratum servers' queues of shares, and follows those that are its own.
final class ShareReporter: Sendable {
    /// How it behaves.
    struct Options: Sendable {
        var limits = SourceFollower.Limits()
        /// How often servers are asked for their queues, with a jitter of a fifth.
        var lookEvery: Duration = .seconds(1)
        /// How often it is looked for shares that can be added up.
        var foldEvery: Duration = .seconds(5)
    }

    let board = FollowingBoard()
    private let instance: String
    private let ledger: ShareLedger
    private let options: Options
    private let readiness: Readiness
    private let logger: Logger
    private let table: Mutex<SourceTable>
    private let servers = Mutex<[String]>([])
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    private static let condition = "redis"
    private static let askWithin: Duration = .seconds(3)
    /// Steps of adding up in a row; what is left waits for the next time.
    private static let foldSteps = 200

    init(_ ledger: ShareLedger, instance: String, options: Options = Options(), readiness: Readiness, logger: Logger) {
        self.ledger = ledger
        self.instance = instance
        self.options = options
        self.readiness = readiness
        self.logger = logger
        table = Mutex(SourceTable(own: instance))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        readiness.set(Self.condition, notReady: "Redis has not answered yet")
    }

    /// Every source that is known, with what was said of it.
    var sources: [ShareSource: SourceTable.Report] { table.withLock { $0.all } }

    /// Follows sources until cancelled.
    func run(on node: MeshNode) async {
        node.observe(SourceReader.service) { entries in
            let names = entries.map(\.record.name.instance)
            self.servers.withLock { $0 = names }
            self.update { $0.setInstances(names) }
        }
        node.observe(ReporterConfiguration.service) { entries in
            self.update { $0.setReporters(entries.filter(\.isRoutable).map(\.record.name.instance)) }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "readiness") { await self.watchRedis(node) }
            group.addTask(name: "queues") { await self.look(node) }
            group.addTask(name: "followers") { await self.follow(node) }
            group.addTask(name: "folding") { await self.fold() }
        }
    }

    private func update(_ change: (inout SourceTable) -> Void) {
        table.withLock { change(&$0) }
        self.change.yield()
    }

    // MARK: Redis

    private func watchRedis(_ node: MeshNode) async {
        for await status in ledger.redis.statusChanges() {
            switch status {
            case .connected:
                readiness.setReady(Self.condition)
                node.setReady()
            case .disconnected(let error):
                readiness.set(
                    Self.condition, notReady: "shares wait on the stratum servers' disks: \(error)")
                node.setNotReady()
            case .connecting, .closed: break
            }
        }
    }

    /// Adds up what is old enough, now and then.
    private func fold() async {
        // The sleep throws when the task is cancelled, and nothing else.
        while (try? await Task.sleep(for: options.foldEvery * Double.random(in: 0.8..<1.2))) != nil {
            do {
                // First the blocks: what is added up is divided by those that are known.
                let blocks = try await ledger.endRounds()
                if blocks > 0 {
                    logger.notice("\(blocks) accepted blocks end their rounds, whose shares are not counted")
                }
                for _ in 0..<Self.foldSteps { guard try await ledger.fold() else { break } }
            } catch {
                logger.debug("adding up rounds is tried again: \(error)")
            }
        }
    }

    // MARK: Sources

    /// Asks the servers for their queues, again and again.
    private func look(_ node: MeshNode) async {
        var silent: Set<String> = []
        var gauges: [ShareSource: Gauge] = [:]
        repeat {
            let names = servers.withLock { $0 }
            let known = silent
            silent = await withTaskGroup(of: String?.self) { group in
                for name in names {
                    group.addTask { await self.ask(name, on: node, isSilent: known.contains(name)) ? nil : name }
                }
                return await group.reduce(into: []) { if let name = $1 { $0.insert(name) } }
            }
            measure(&gauges)
        } while (try? await Task.sleep(for: options.lookEvery * Double.random(in: 0.8..<1.2))) != nil
    }

    private func ask(_ name: String, on node: MeshNode, isSilent: Bool) async -> Bool {
        do {
            let queues: [QueueReport] = try await node.call(
                .instance(InstanceName(service: SourceReader.service, instance: name)), "queues",
                options: CallOptions(timeout: Self.askWithin, isIdempotent: true, failsFast: true))
            let reports = queues.filter { $0.name == SourceReader.queue }.flatMap { queue in
                queue.origins.map {
                    SourceTable.Report(
                        origin: $0.origin, store: queue.store, epoch: $0.epoch,
                        acknowledgedThrough: $0.acknowledgedThrough, depth: $0.depth)
                }
            }
            update { $0.put(reports, of: name) }
            return true
        } catch {
            // It may just be ending or beginning; what it said before still holds.
            if !isSilent, !Task.isCancelled {
                logger.info("\(name) does not tell its queues, and is asked again: \(error)")
            }
            return false
        }
    }

    /// Shows how far each source that is followed here lags behind, and no others.
    private func measure(_ gauges: inout [ShareSource: Gauge]) {
        let (standings, sources) = (board.standings, sources)
        for source in gauges.keys where standings[source] == nil { gauges.removeValue(forKey: source)?.destroy() }
        for (source, standing) in standings {
            guard let cursor = standing.cursor, let report = sources[source] else { continue }
            let gauge =
                gauges[source]
                ?? Gauge(
                    label: "reporter_source_lag", dimensions: [("source", source.name), ("server", source.instance)])
            gauges[source] = gauge
            gauge.record(report.acknowledgedThrough > cursor ? report.acknowledgedThrough - cursor : 0)
        }
    }

    /// Keeps one reader for each source that is this reporter's.
    private func follow(_ node: MeshNode) async {
        await withDiscardingTaskGroup { group in
            var running: [ShareSource: Latch] = [:]
            for await _ in changes {
                let wanted = table.withLock { $0.ownSources }
                for (source, latch) in running where !wanted.contains(source) {
                    logger.info("followed elsewhere", metadata: ["source": "\(source.name)"])
                    latch.open()
                    running[source] = nil
                }
                for source in wanted where running[source] == nil {
                    let latch = Latch()
                    running[source] = latch
                    let reader = SourceReader(
                        source: source, node: node, ledger: ledger, limits: options.limits, board: board,
                        copies: { self.table.withLock { $0.instances(besides: source) } }, logger: logger)
                    group.addTask(name: "source \(source.name)") { await latch.run { await reader.run() } }
                }
            }
            group.cancelAll()
        }
    }
}

/// Ends one task of a group, which cannot be cancelled by itself otherwise.
private final class Latch: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }

    /// Runs `body` until the latch is opened, then cancels it and waits for it.
    func run(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { for await _ in self.stream {} }
            await group.next()
            group.cancelAll()
        }
    }
}
