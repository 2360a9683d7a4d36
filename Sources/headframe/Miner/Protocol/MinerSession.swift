internal import MessagePack
internal import ServiceKit

/// The miner's side of one Stratum V1 connection, as a value: lines and solutions in, actions out.
///
/// A difficulty and an extranonce that the pool sends count from the next job on, and a share names the job that it was found for.
struct MinerSession: Sendable {
    /// What the miner says of itself and wants.
    struct Options: Equatable, Sendable {
        var user: String
        var password: String
        var algorithm: MinerAlgorithm
        /// Whether it asks for bits of the version to roll.
        var rollsVersion = false
        var suggestedDifficulty: Double?

        static let agent = "headframe-miner/\(HeadframeVersion.current)"
        /// The bits that it would roll (BIP 320).
        static let versionMask: UInt32 = 0x1fff_e000
    }

    /// What has to be done.
    enum Action: Equatable, Sendable {
        /// A line, without its end, to be sent.
        case send(String)
        /// Other work; nil means that there is none.
        case work(MinerWork?)
        /// A share, by its header's hash as it is shown, goes to the pool.
        case submitted(share: String)
        case accepted(isBlock: Bool, share: String)
        case rejected(PoolRefusal, share: String)
        /// Worth a line to whoever watches.
        case note(String)
        /// The pool sent what it should not have; the connection goes on.
        case violation(PoolViolation)
        /// Connect again, perhaps elsewhere, after so many seconds.
        case reconnect(host: String?, port: Int?, seconds: Int)
        /// The pool does not want this miner: it makes no sense to go on.
        case giveUp(String)
        /// The connection is of no use any more.
        case close(String)
    }

    private enum Request: Equatable {
        case configure, subscribe, authorize, subscribeToExtranonces, suggestDifficulty
        case submit(isBlock: Bool, share: String)
    }

    private struct Pending {
        let id: Int
        let request: Request
        let sent: ContinuousClock.Instant
    }

    private struct Extranonces: Equatable {
        var first: [UInt8]
        var secondBytes: Int
    }

    /// How long the pool may take to answer.
    static let answerLimit = Duration.seconds(60)
    /// How long it may say nothing; common miners have 120 s.
    static let silenceLimit = Duration.seconds(180)
    /// How many jobs of one previous hash are known.
    static let jobLimit = 16
    /// How many shares may wait for their answer; what is found beyond is dropped.
    static let pendingLimit = 256

    private let options: Options
    private var nextID = 1
    private var pending: [Pending] = []
    private var lastHeard: ContinuousClock.Instant
    private var extranonces: Extranonces?
    private var difficulty = 1.0
    private var versionMask: UInt32 = 0
    private var isAuthorized = false
    private var current: MinerWork?
    /// The last jobs of this previous hash, the newest one last.
    private var jobs: [MinerJob] = []
    /// What the pool knows this miner by, to be given back after a reconnect.
    private(set) var sessionID: String?

    /// - Parameter sessionID: Of the connection before, if there was one.
    init(_ options: Options, sessionID: String?, now: ContinuousClock.Instant) {
        self.options = options
        self.sessionID = sessionID
        lastHeard = now
    }

    /// The connection stands.
    mutating func start(now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        if options.rollsVersion {
            let mask = MessagePackValue.string(HexText.text(Options.versionMask))
            actions.append(
                request(
                    .configure, "mining.configure",
                    [["version-rolling"], ["version-rolling.mask": mask, "version-rolling.min-bit-count": 2]], now))
        }
        let session = sessionID.map { [MessagePackValue.string($0)] } ?? []
        actions.append(request(.subscribe, "mining.subscribe", [.string(Options.agent)] + session, now))
        if let difficulty = options.suggestedDifficulty {
            actions.append(request(.suggestDifficulty, "mining.suggest_difficulty", [.double(difficulty)], now))
        }
        actions.append(
            request(.authorize, "mining.authorize", [.string(options.user), .string(options.password)], now))
        return actions
    }

    /// A line came.
    mutating func receive(line: [UInt8], now: ContinuousClock.Instant) -> [Action] {
        lastHeard = now
        do throws(PoolViolation) {
            switch try PoolMessage(line: line) {
            case .answer(let id, let result, let error): return try answered(id, result, error, now)
            case .request(let id, let method, let parameters): return try asked(id, method, parameters)
            }
        } catch {
            return [.violation(error)]
        }
    }

    /// A hashing thread found a share.
    mutating func found(_ solution: MinerSolution, now: ContinuousClock.Instant) -> [Action] {
        let (slice, job) = (solution.slice, solution.slice.work.job)
        // What belongs to another block, or to another connection's extranonce, is worth nothing.
        guard isAuthorized, jobs.contains(job), slice.work.extranonce1 == extranonces?.first || current == slice.work,
            pending.count < Self.pendingLimit
        else { return [] }
        var parameters: [MessagePackValue] = [
            .string(options.user), .string(job.id), .string(HexText.text(slice.extranonce2)),
            .string(HexText.text(job.time)), .string(HexText.text(solution.nonce)),
        ]
        if slice.work.versionMask != 0 {
            parameters.append(.string(HexText.text(slice.version & slice.work.versionMask)))
        }
        let share = solution.name
        var actions = [
            request(.submit(isBlock: solution.isBlock, share: share), "mining.submit", parameters, now),
            .submitted(share: share),
        ]
        if solution.isBlock {
            actions.append(.note("found a block at height \(slice.work.height.map(String.init) ?? "?"): submitted"))
        }
        return actions
    }

    /// Time has passed; call it about once a second.
    func tick(now: ContinuousClock.Instant) -> [Action] {
        if let oldest = pending.first, now - oldest.sent > Self.answerLimit {
            return [.close("the pool has not answered for \(Int(Self.answerLimit / .seconds(1))) s")]
        }
        if now - lastHeard > Self.silenceLimit {
            return [.close("the pool has said nothing for \(Int(Self.silenceLimit / .seconds(1))) s")]
        }
        return []
    }

    private mutating func request(
        _ request: Request, _ method: String, _ parameters: [MessagePackValue], _ now: ContinuousClock.Instant
    ) -> Action {
        defer { nextID += 1 }
        pending.append(Pending(id: nextID, request: request, sent: now))
        return .send(
            JSONText.compact(["id": .int(Int64(nextID)), "method": .string(method), "params": .array(parameters)]))
    }
}

// MARK: - Answers

extension MinerSession {
    private mutating func answered(
        _ id: Int, _ result: MessagePackValue, _ error: PoolRefusal?, _ now: ContinuousClock.Instant
    ) throws(PoolViolation) -> [Action] {
        guard let index = pending.firstIndex(where: { $0.id == id }) else {
            throw PoolViolation("the pool answered to \(id), which was not asked or is answered already")
        }
        let request = pending.remove(at: index).request
        var actions: [Action] = []
        if index > 0 {
            // Some miners use one id for all they submit, and could not tell.
            actions.append(.violation(PoolViolation("the pool answered to \(id) before what was asked earlier")))
        }
        switch request {
        case .configure:
            if error == nil { versionMask = try Self.mask(result) }
        case .subscribe:
            if let error { return actions + [.close("the pool refused the subscription: \(error)")] }
            try subscribed(result)
        case .authorize:
            guard error == nil, result == true else {
                let reason = error.map { ": \($0)" } ?? ""
                return actions + [.giveUp("the pool does not accept the user \(options.user)\(reason)")]
            }
            isAuthorized = true
            actions.append(self.request(.subscribeToExtranonces, "mining.extranonce.subscribe", [], now))
        case .subscribeToExtranonces, .suggestDifficulty:
            // Both are offers that a pool may decline.
            break
        case .submit(let isBlock, let share):
            if let error {
                actions.append(.rejected(error, share: share))
            } else if result == true {
                actions.append(.accepted(isBlock: isBlock, share: share))
            } else {
                actions.append(
                    .rejected(PoolRefusal(["code": .null, "message": "no reason given"]), share: share))
            }
        }
        return actions
    }

    private mutating func subscribed(_ result: MessagePackValue) throws(PoolViolation) {
        guard let text = result[1]?.stringValue, let first = HexText.bytes(text), let size = result[2]?.intValue else {
            throw PoolViolation(
                "the answer to mining.subscribe is not [subscriptions, extranonce1, size of extranonce2]")
        }
        extranonces = try Self.extranonces(first, size)
        let subscriptions = result[0]?.arrayValue ?? []
        // Either a list of pairs, or one pair.
        let pairs = subscriptions.first?.stringValue == nil ? subscriptions : [.array(subscriptions)]
        sessionID = pairs.first { $0[0] == "mining.notify" }?[1]?.stringValue
    }

    private static func extranonces(_ first: [UInt8], _ size: Int) throws(PoolViolation) -> Extranonces {
        guard (2...32).contains(size), first.count <= 32 else {
            throw PoolViolation(
                "an extranonce1 of \(first.count) bytes and an extranonce2 of \(size) leave no room to mine in")
        }
        return Extranonces(first: first, secondBytes: size)
    }

    private static func mask(_ result: MessagePackValue) throws(PoolViolation) -> UInt32 {
        guard result["version-rolling"] == true else { return 0 }
        guard let mask = result["version-rolling.mask"]?.stringValue.flatMap(HexText.number) else {
            throw PoolViolation("the pool agreed to version rolling without a mask")
        }
        guard mask & ~Options.versionMask == 0 else {
            throw PoolViolation("the pool's mask \(HexText.text(mask)) has bits that were not offered")
        }
        return mask
    }
}

// MARK: - What the pool says

extension MinerSession {
    private mutating func asked(
        _ id: MessagePackValue, _ method: String, _ parameters: [MessagePackValue]
    ) throws(PoolViolation) -> [Action] {
        func answer(_ result: MessagePackValue) -> [Action] {
            id.isNull ? [] : [.send(JSONText.compact(["id": id, "result": result, "error": .null]))]
        }
        switch method {
        case "mining.notify": return try notified(parameters)
        case "mining.set_difficulty":
            guard let new = parameters.first?.doubleValue, new.isFinite, new > 0 else {
                throw PoolViolation("the pool set a difficulty that is no positive number")
            }
            difficulty = new
            return []
        case "mining.set_extranonce":
            guard let first = parameters.first?.stringValue.flatMap({ HexText.bytes($0) }),
                let size = parameters.dropFirst().first?.intValue
            else { throw PoolViolation("mining.set_extranonce is not [extranonce1, size of extranonce2]") }
            extranonces = try Self.extranonces(first, size)
            return []
        case "mining.set_version_mask":
            guard let mask = parameters.first?.stringValue.flatMap(HexText.number) else {
                throw PoolViolation("mining.set_version_mask has no mask of 8 hexadecimal digits")
            }
            versionMask = options.rollsVersion ? mask & Options.versionMask : 0
            return []
        case "client.reconnect":
            let port = parameters.dropFirst().first
            return [
                .reconnect(
                    host: parameters.first?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
                    port: (port?.intValue ?? port?.stringValue.flatMap { Int($0) }).flatMap { $0 == 0 ? nil : $0 },
                    seconds: max(0, parameters.dropFirst(2).first?.intValue ?? 0))
            ]
        case "client.show_message":
            return answer(true) + [.note("the pool says: \(PlainText.shown(parameters.first?.stringValue ?? ""))")]
        case "client.get_version": return answer(.string(Options.agent))
        case "mining.ping": return answer("pong")
        default:
            guard !id.isNull else { return [] }
            return [.send(JSONText.compact(["id": id, "result": .null, "error": [20, "Unknown method", .null]]))]
        }
    }

    private mutating func notified(_ parameters: [MessagePackValue]) throws(PoolViolation) -> [Action] {
        guard let extranonces else { throw PoolViolation("the pool sent a job before it answered to mining.subscribe") }
        let job = try MinerJob(parameters)
        guard let isClean = parameters[8].boolValue else {
            throw PoolViolation("the last parameter of mining.notify is neither true nor false")
        }
        if let known = jobs.first(where: { $0.id == job.id }), known != job {
            throw PoolViolation("the pool gave the id \(PlainText.shown(job.id)) to two jobs")
        }
        let review = try job.review(extranonceBytes: extranonces.first.count + extranonces.secondBytes)
        guard let target = Number256(difficulty: difficulty, difficulty1Shift: options.algorithm.difficulty1Shift)
        else {
            throw PoolViolation("the difficulty \(difficulty) is no target")
        }
        var actions: [Action] = []
        if let current {
            let isNewTip = current.job.previousHash != job.previousHash
            if isNewTip, !isClean {
                actions.append(.violation(PoolViolation("the pool went to another block without clean_jobs")))
            }
            if isClean || isNewTip { jobs = [] }
        }
        jobs = jobs.filter { $0 != job }.suffix(Self.jobLimit - 1) + [job]
        let work = MinerWork(
            job: job, extranonce1: extranonces.first, extranonce2Bytes: extranonces.secondBytes, difficulty: difficulty,
            shareTarget: target, versionMask: versionMask, height: review.height)
        current = work
        return actions + [.work(work)]
    }
}
