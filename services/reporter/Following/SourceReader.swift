internal import DurableQueue
internal import Foundation
internal import Logging
internal import Mesh
internal import Metrics
internal import Mining

/// Follows one source: does what its ``SourceFollower`` says.
struct SourceReader: Sendable {
    let source: ShareSource
    let node: MeshNode
    let ledger: ShareLedger
    let limits: SourceFollower.Limits
    let board: FollowingBoard
    /// The other instances that have entries of the source at present.
    let copies: @Sendable () -> [String]
    let logger: Logger

    /// The service and its queue that shares come from.
    static let service = "stratum"
    static let queue = "shares"

    /// A stream of its shares, or why there is none.
    private typealias Opened = Result<MeshStream<QueueChunk>, any Error>

    private static let completeWithin: Duration = .seconds(10)

    /// Follows it until cancelled.
    func run() async {
        var follower = SourceFollower(origin: source.name, limits: limits)
        var streams: [Int: Opened] = [:]
        logger.info("following", metadata: metadata)
        await withTaskGroup(of: SourceFollower.Event.self) { group in
            while !Task.isCancelled {
                for action in follower.actions(now: .now) {
                    if case .open(let after, let stream) = action {
                        streams = [stream: Opened { try open(after: after) }]
                    }
                    start(action, streams, in: &group)
                }
                board.put(source, FollowingBoard.Standing(follower))
                guard let event = await group.next() else { break }
                let problem = follower.problem
                follower.take(event, now: .now, jitter: .random(in: 0..<1))
                if !Task.isCancelled { say(follower.problem, after: problem) }
            }
            group.cancelAll()
        }
        board.remove(source)
    }

    private var metadata: Logger.Metadata { ["source": "\(source.name)", "server": "\(source.instance)"] }

    private var server: Destination { Self.server(source.instance) }

    private static func server(_ instance: String) -> Destination {
        .instance(InstanceName(service: service, instance: instance))
    }

    /// Says what begins to go wrong, and when it goes right again; not every try of it.
    private func say(_ problem: String?, after last: String?) {
        if let problem, last == nil {
            logger.warning("a source is not counted, and tried again: \(problem)", metadata: metadata)
        } else if problem == nil, last != nil {
            logger.notice("a source is counted again", metadata: metadata)
        }
    }

    private func open(after: UInt64) throws -> MeshStream<QueueChunk> {
        try node.stream(server, "queueRead", Self.queue, source.origin, after, of: QueueChunk.self)
    }

    private func start(
        _ action: SourceFollower.Action, _ streams: [Int: Opened],
        in group: inout TaskGroup<SourceFollower.Event>
    ) {
        switch action {
        case .open: break
        case .askCursor: group.addTask(name: "cursor of \(source.name)") { await askCursor() }
        case .read(let number):
            let stream = streams[number]
            group.addTask(name: "read \(source.name)") { await read(stream, number) }
        case .count(let batch): group.addTask(name: "count \(source.name)") { await count(batch) }
        case .complete(let through): group.addTask(name: "complete \(source.name)") { await complete(through) }
        case .completeCopies(let through):
            for instance in copies() {
                group.addTask(name: "copies of \(source.name)") { await complete(through, at: instance) }
            }
        case .wait(let time):
            group.addTask {
                // Ends early when all is cancelled.
                try? await Task.sleep(for: time)
                return .time
            }
        }
    }

    private func askCursor() async -> SourceFollower.Event {
        do {
            return .cursor(try await ledger.cursor(of: source.name))
        } catch {
            return .cursorFailed("\(error)")
        }
    }

    private func read(_ stream: Opened?, _ number: Int) async -> SourceFollower.Event {
        do {
            guard let chunk = try await stream?.get().makeAsyncIterator().next() else {
                return .ended(stream: number, "\(source.instance) ended the stream of its shares")
            }
            return .chunk(stream: number, try SourceFollower.Chunk(chunk))
        } catch {
            return .ended(stream: number, "\(error)")
        }
    }

    private func count(_ batch: ShareBatch) async -> SourceFollower.Event {
        let begin = ContinuousClock.now
        do {
            let outcome = try await ledger.count(batch)
            board.counted(outcome, batch: batch.shares.count, took: .now - begin)
            if case .refused(let cursor) = outcome {
                logger.info(
                    "the cursor stands elsewhere: going on from there",
                    metadata: metadata.merging(["cursor": "\(cursor)", "after": "\(batch.after)"]) { $1 })
            }
            if case .counted(_, _, let late) = outcome, late > 0 {
                logger.error(
                    "\(late) shares came after the hashes of their jobs were forgotten, and may have been counted: they are in the list shares:late, to be booked by hand; a longer --seen-life avoids it",
                    metadata: metadata)
            }
            return .outcome(outcome)
        } catch {
            return .countFailed("\(error)")
        }
    }

    private func complete(_ through: UInt64) async -> SourceFollower.Event {
        do {
            try await complete(through, at: server)
            return .completed
        } catch {
            return .completeFailed("\(error)")
        }
    }

    private func complete(_ through: UInt64, at instance: String) async -> SourceFollower.Event {
        do { try await complete(through, at: Self.server(instance)) } catch {
            // It hears of it the next time, unless its copies have left by then.
            logger.debug("the copies of \(source.name) at \(instance) are not completed: \(error)")
        }
        return .time
    }

    private func complete(_ through: UInt64, at server: Destination) async throws {
        let _: Int = try await node.call(
            server, "queueComplete", Self.queue, source.origin, through,
            options: CallOptions(timeout: Self.completeWithin, isIdempotent: true))
    }
}

extension SourceFollower.Chunk {
    /// The shares of a chunk, up to the first that cannot be read.
    ///
    /// - Throws: `MiningError` when that is the first one of all: it is not passed over, for then it would never be counted.
    init(_ chunk: QueueChunk) throws {
        self.init(after: chunk.after, upTo: chunk.upTo)
        for entry in chunk.entries {
            do {
                shares.append(try PoolShare(bytes: entry.payload))
                upTo = entry.sequence
            } catch {
                if shares.isEmpty { throw error }
                return
            }
        }
        upTo = chunk.upTo
    }
}
