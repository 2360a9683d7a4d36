internal import Logging
internal import Mining
internal import NIOCore
internal import Stratum
internal import Synchronization

/// The connections of one event loop, and what reaches all of them. Confined to that loop but for what says otherwise; unchecked for
/// that reason.
final class ConnectionHub: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let parts: PoolParts
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var round = 0
    private var ticking: RepeatedTask?
    private var lastComplaint: ContinuousClock.Instant?
    private var silentComplaints = 0

    /// How many connections get refreshed work before others have a turn, a new block's work among them.
    private static let slice = 64
    private static let complaintInterval: Duration = .seconds(10)

    init(_ eventLoop: any EventLoop, parts: PoolParts) {
        self.eventLoop = eventLoop
        self.parts = parts
    }

    func add(_ connection: Connection) { connections[ObjectIdentifier(connection)] = connection }

    func remove(_ connection: Connection) { connections[ObjectIdentifier(connection)] = nil }

    /// Logs what an operator should hear of, one line in ten seconds at most.
    func complain(_ text: String, _ metadata: Logger.Metadata) {
        let now = ContinuousClock.now
        if let last = lastComplaint, now - last < Self.complaintInterval {
            silentComplaints += 1
            return
        }
        var metadata = metadata
        if silentComplaints > 0 { metadata["alike"] = "\(silentComplaints) more since the last" }
        parts.logger.warning("\(text)", metadata: metadata)
        (lastComplaint, silentComplaints) = (now, 0)
    }

    // MARK: From anywhere

    /// Begins to look at the clock.
    func start() {
        let interval = TimeAmount(parts.options.tick)
        eventLoop.execute {
            self.ticking = self.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                self.tick()
            }
        }
    }

    /// Stops looking at the clock.
    func stop() { eventLoop.execute { self.ticking?.cancel() } }

    /// Hands work to every connection. That of a new block goes to all at once; refreshed work in slices, of which the rest is left out
    /// when newer work comes.
    func hand(_ work: Work, clean: Bool) {
        eventLoop.execute {
            self.round += 1
            let all = self.connections.values.map { $0 }[...]
            self.hand(work, clean: clean, to: all, slice: clean ? all.count : Self.slice, round: self.round)
        }
    }

    /// What its connections are doing.
    func summary() async throws -> HubSummary {
        try await eventLoop.submit {
            HubSummary(
                connections: self.connections.count,
                mining: self.connections.values.count { $0.session?.state == .mining },
                waiting: self.connections.values.count { $0.session?.state == .waitingForJob })
        }.get()
    }

    /// Asks every miner to connect elsewhere.
    func askToLeave() {
        eventLoop.execute {
            let now = ContinuousClock.now
            for connection in self.connections.values { connection.askToLeave(now: now) }
        }
    }

    /// Ends every connection once what was sent is out.
    func closeAll() {
        eventLoop.execute {
            let now = ContinuousClock.now
            for connection in self.connections.values {
                connection.close(.drained, "the server is shutting down", now: now)
            }
        }
    }

    // MARK: On the loop

    private func hand(_ work: Work, clean: Bool, to all: ArraySlice<Connection>, slice: Int, round: Int) {
        guard round == self.round else { return }
        let now = ContinuousClock.now
        for connection in all.prefix(slice) { connection.take(work, now: now) }
        if clean { parts.statistics.handedOut(in: .now - now) }
        let rest = all.dropFirst(slice)
        guard !rest.isEmpty else { return }
        let bound = NIOLoopBound(rest, eventLoop: eventLoop)
        eventLoop.execute { self.hand(work, clean: clean, to: bound.value, slice: slice, round: round) }
    }

    private func tick() {
        let now = ContinuousClock.now
        for connection in connections.values { connection.tick(now: now) }
    }
}

/// How many connections do what.
struct HubSummary: Sendable {
    var connections = 0
    var mining = 0
    var waiting = 0

    static func + (left: HubSummary, right: HubSummary) -> HubSummary {
        HubSummary(
            connections: left.connections + right.connections, mining: left.mining + right.mining,
            waiting: left.waiting + right.waiting)
    }
}
