internal import MessagePack
internal import NIOCore

/// One connection's session and the connection itself: every event goes through here, one after the other.
actor MinerClient {
    /// How a connection ended.
    enum End: Equatable, Sendable {
        /// It broke, or was of no use any more.
        case lost(String)
        /// The pool asked for another connection.
        case moved(host: String?, port: Int?, seconds: Int)
        /// The pool does not want this miner.
        case refused(String)
        /// There are as many accepted shares as were wanted.
        case enough
    }

    private var session: MinerSession
    private let record: MinerRecord
    private let board: WorkBoard
    private let channel: any Channel
    private var lines = LineBuffer()
    private var end: End?

    init(_ session: MinerSession, record: MinerRecord, board: WorkBoard, channel: any Channel) {
        self.session = session
        self.record = record
        self.board = board
        self.channel = channel
    }

    /// What the pool knows this miner by.
    var sessionID: String? { session.sessionID }

    func start() async throws -> End? { try await perform(session.start(now: .now)) }

    func received(_ bytes: ByteBuffer) async throws -> End? {
        var actions: [MinerSession.Action] = []
        for line in try lines.append(bytes.readableBytesView) { actions += session.receive(line: line, now: .now) }
        return try await perform(actions)
    }

    func found(_ solution: MinerSolution) async throws -> End? {
        try await perform(session.found(solution, now: .now))
    }

    func tick() async throws -> End? { try await perform(session.tick(now: .now)) }

    private func perform(_ actions: [MinerSession.Action]) async throws -> End? {
        // What is sent goes out in one piece, in the order of the requests, before anything else can be asked.
        var text = ""
        for action in actions {
            switch action {
            case .send(let line): text += line + "\n"
            case .work(let work):
                record.update { record in
                    record.difficulty = work?.difficulty ?? record.difficulty
                    record.height = work?.height ?? record.height
                }
                board.post(work)
            case .submitted(let share): try record.note(.submitted, share)
            case .accepted(let isBlock, let share):
                try record.note(.accepted, share)
                let accepted = record.update { record in
                    record.accepted += 1
                    if isBlock { record.blocks += 1 }
                    return record.accepted
                }
                if let wanted = record.wanted, accepted >= wanted { end = end ?? .enough }
            case .rejected(let refusal, let share):
                try record.note(.rejected, share)
                record.update { $0.reject(refusal) }
                Diagnostics.note("a share was rejected: \(refusal)")
            case .note(let text): Diagnostics.note(text)
            case .violation(let violation):
                record.update { $0.violations += 1 }
                Diagnostics.note("the pool is wrong: \(violation)")
            case .reconnect(let host, let port, let seconds):
                end = end ?? .moved(host: host, port: port, seconds: seconds)
            case .giveUp(let reason): end = end ?? .refused(reason)
            case .close(let reason): end = end ?? .lost(reason)
            }
        }
        if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }
        return end
    }
}
