internal import EventLoop
internal import Logging
internal import Synchronization

/// The shell around a ``ConnectionState``: it hands requests of any thread to the loop, and does there what the state decides.
///
/// `link`, `state` and the tables are confined to the I/O thread.
final class RedisConnection: @unchecked Sendable {
    typealias Answer = Result<RedisValue, RedisError>

    enum Request: Sendable {
        case start
        case addressKnown(Result<RedisAddress, RedisError>)
        case command(CommandUnit, CheckedContinuation<Answer, Never>)
        case cancel(UInt64)
        case close(CheckedContinuation<Void, Never>)
    }

    /// What a subscription hears, in the order in which it happened.
    enum Notice: Sendable {
        case connected
        case lost(RedisError)
        case message(RedisValue)
    }

    private struct Waiter {
        let continuation: CheckedContinuation<Answer, Never>
        let timer: LoopTimer
    }

    let configuration: RedisConfiguration
    let board = RedisStatusBoard()
    private let source: any RedisAddressSource
    private let loop: EventLoop
    private let notify: @Sendable (Notice) -> Void
    private let log: ConnectionLog
    private let addressRequests: AsyncStream<Void>
    private let askForAddress: AsyncStream<Void>.Continuation
    private let inbox = Mutex<LoopInbox<Request>?>(nil)
    private let nextIdentifier = Atomic<UInt64>(1)
    private let pending = Atomic<Int>(0)

    // Confined to the thread.
    private var state: ConnectionState
    private var link: RedisLink?
    private var waiters: [UInt64: Waiter] = [:]
    private var timer: LoopTimer?
    private var events = Fifo<ConnectionState.Event>()
    private var isProcessing = false

    init(
        configuration: RedisConfiguration, source: any RedisAddressSource, loop: EventLoop, logger: Logger,
        greeting: Greeting, notify: @escaping @Sendable (Notice) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.source = source
        self.loop = loop
        self.notify = notify
        log = ConnectionLog(logger: logger)
        state = ConnectionState(configuration: configuration, greeting: greeting)
        (addressRequests, askForAddress) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }
}

// MARK: - From any thread

extension RedisConnection {
    /// Connects and stays connected until the task is cancelled; then everything that waits ends.
    func run() async {
        submit(.start)
        for await _ in addressRequests {
            submit(.addressKnown(await nextAddress()))
        }
        await withCheckedContinuation { submit(.close($0)) }
    }

    private func nextAddress() async -> Result<RedisAddress, RedisError> {
        do throws(RedisError) {
            return .success(try await HostResolver.resolve(try await source.address()))
        } catch {
            return .failure(error)
        }
    }

    /// Sends commands as one unit and waits for the answer: the reply, or the array of replies when there are several commands.
    func perform(
        _ name: String, _ encoded: [UInt8], replyCount: Int, deadline: Duration, waits: Bool
    ) async throws(RedisError) -> RedisValue {
        let id = nextIdentifier.add(1, ordering: .relaxed).oldValue
        let unit = CommandUnit(
            id: id, name: name, encoded: encoded, replyCount: replyCount, waitsForConnection: waits, deadline: deadline)
        let answer = await withTaskCancellationHandler {
            guard !Task.isCancelled else { return Answer.failure(.cancelled(name, sent: false)) }
            return await withCheckedContinuation { continuation in
                submit(.command(unit, continuation))
                // A cancellation between the check above and here has overtaken the command.
                if Task.isCancelled { submit(.cancel(id)) }
            }
        } onCancel: {
            submit(.cancel(id))
        }
        return try answer.get()
    }

    /// How many commands wait for an answer or for a connection.
    var pendingCommands: Int { pending.load(ordering: .relaxed) }

    private func submit(_ request: Request) {
        let inbox = inbox.withLock { inbox in
            if let inbox { return inbox }
            let made = LoopInbox<Request>(loop: loop) { [weak self] batch in self?.receive(batch) }
            inbox = made
            return made
        }
        inbox.submit(request)
    }
}

// MARK: - On the loop

extension RedisConnection {
    private func receive(_ batch: [Request]) {
        guard loop.isCurrent else { return refuse(batch) }
        for request in batch {
            switch request {
            case .start: process(.start)
            case .addressKnown(let result): process(.addressKnown(result))
            case .cancel(let id): process(.cancelled(id))
            case .command(let unit, let continuation):
                waiters[unit.id] = Waiter(continuation: continuation, timer: deadlineTimer(unit))
                pending.store(waiters.count, ordering: .relaxed)
                process(.submitted(unit))
            case .close(let closed):
                process(.close)
                closed.resume()
            }
        }
        link?.flush()
    }

    /// The loop has ended, and this is some other thread: nothing confined may be touched.
    private func refuse(_ batch: [Request]) {
        for request in batch {
            switch request {
            case .command(let unit, let continuation): continuation.resume(returning: .failure(.closed(unit.name)))
            case .close(let closed): closed.resume()
            case .start, .addressKnown, .cancel: break
            }
        }
    }

    private func deadlineTimer(_ unit: CommandUnit) -> LoopTimer {
        loop.schedule(after: unit.deadline, name: "a Redis deadline") { [weak self] in
            self?.process(.deadlineReached(unit.id))
        }
    }

    /// Takes an event. What an action brings about while it is done waits for its turn.
    private func process(_ event: ConnectionState.Event) {
        events.append(event)
        guard !isProcessing else { return }
        isProcessing = true
        while let event = events.popFirst() {
            for action in state.handle(event, now: .now, jitter: .random(in: 0..<1)) { act(action) }
        }
        isProcessing = false
        board.publish(state.status)
    }

    private func act(_ action: ConnectionState.Action) {
        switch action {
        case .askForAddress: askForAddress.yield()
        case .connect(let address): connect(address)
        case .write(let bytes): link?.write(bytes)
        case .drop: dropLink()
        case .setTimer(let delay): setTimer(delay)
        case .stopTimer: stopTimer()
        case .finish(let id, let answer): finish(id, answer)
        case .deliver(let message): notify(.message(message))
        case .report(let report): tell(report)
        case .ended: askForAddress.finish()
        }
    }

    private func tell(_ report: ConnectionState.Report) {
        log.write(report)
        switch report {
        case .connected: notify(.connected)
        case .lost(let error): notify(.lost(error))
        case .unreachable: break
        }
    }

    private func connect(_ address: RedisAddress) {
        let opened = RedisLink(loop: loop, replyLimit: configuration.limits.replyBytes) { [weak self] event in
            self?.linkSays(event)
        }
        if let reason = opened.open(address) {
            process(.lost(reason: reason))
        } else {
            link = opened
        }
    }

    private func linkSays(_ event: RedisLink.Event) {
        switch event {
        case .connected: process(.connected)
        case .received(let values): process(.received(values))
        case .lost(let reason):
            link = nil
            process(.lost(reason: reason))
        }
        link?.flush()
    }

    private func dropLink() {
        link?.close()
        link = nil
    }

    private func finish(_ id: UInt64, _ answer: Answer) {
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        pending.store(waiters.count, ordering: .relaxed)
        loop.cancel(waiter.timer)
        waiter.continuation.resume(returning: answer)
    }

    private func setTimer(_ delay: Duration) {
        stopTimer()
        timer = loop.schedule(after: delay, name: "a Redis connection's timer") { [weak self] in
            guard let self else { return }
            timer = nil
            process(.timerFired)
            link?.flush()
        }
    }

    private func stopTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
