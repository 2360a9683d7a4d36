internal import Mining

extension Session {
    /// Does what a miner asks for.
    mutating func answer(_ request: Message.Request, now: Instant) {
        let place = replies.reserve()
        do {
            guard let result = try perform(request, place, now: now) else { return }
            replies.fill(
                place, Line.result(result, to: request.id), request.method == "mining.subscribe" ? .subscribed : .none)
        } catch {
            replies.fill(place, Line.error(error, to: request.id))
        }
    }

    /// The result; nil where the reply comes later.
    private mutating func perform(
        _ request: Message.Request, _ place: ReplyQueue.Place, now: Instant
    ) throws(StratumError) -> JSONValue? {
        let params = request.params
        switch request.method {
        case "mining.subscribe": return try subscribe(request, place, now: now)
        case "mining.authorize": return try authorize(request, place)
        case "mining.submit": return try submit(request, place, now: now)
        case "mining.configure": return try configure(params, now: now)
        case "mining.suggest_difficulty":
            ask(for: DifficultyArguments(start: try difficulty(params.first, of: request.method)), now: now)
            return true
        case "mining.extranonce.subscribe":
            takesExtranonce = true
            return true
        case "mining.ping": return "pong"
        case "mining.pong": return true
        case "client.get_version": return "headframe"
        case "mining.get_transactions":
            throw StratumError(
                .other,
                "this server does not hand out transactions; the coinbase and the merkle branch are in mining.notify")
        default:
            throw StratumError(.other, "there is no method '\(printable(request.method, limit: 64))' here")
        }
    }

    // MARK: Subscribing

    private mutating func subscribe(
        _ request: Message.Request, _ place: ReplyQueue.Place, now: Instant
    ) throws(StratumError) -> JSONValue? {
        if let agent = try optionalText(request.params, 0, "the agent of mining.subscribe") {
            self.agent = printable(agent, limit: 128)
        }
        let session = try optionalText(request.params, 1, "the session of mining.subscribe")
        guard !isSubscribed else { return subscription }
        if let earlier = session.flatMap({ Extranonce1(hex: $0) }) {
            decision = .recall(id: request.id, place)
            outbox.append(.recall(session: earlier.hex))
            return nil
        }
        isSubscribed = true
        return subscription
    }

    private var subscription: JSONValue {
        let session = JSONValue.string(extranonce1.hex)
        return [
            [["mining.set_difficulty", session], ["mining.notify", session]], session,
            .integer(Int64(MemoryLayout<UInt32>.size)),
        ]
    }

    /// Takes the memory that ``Action/recall(session:)`` asked for; nil where there is none.
    ///
    /// With a memory, ``extranonce1`` is the earlier connection's from now on.
    public mutating func recalled(_ memory: SessionMemory?, now: Instant) -> [Action] {
        guard !isClosed, case .recall(let id, let place)? = decision else { return [] }
        isSubscribed = true
        if let memory { goBack(to: memory, now: now) }
        replies.fill(place, Line.result(subscription, to: id), .subscribed)
        goOn(now: now)
        return finish(now: now)
    }

    private mutating func goBack(to memory: SessionMemory, now: Instant) {
        wasRecalled = true
        extranonce1 = memory.extranonce1
        jobs = memory.jobs
        vardiff.set(memory.vardiff.difficulty, now: now)
        // Even where its jobs are still good, the miner waits for one.
        isIssueDue = true
        if let current { makeRoom(for: current.work, now: now) }
    }

    // MARK: Authorizing

    private mutating func authorize(
        _ request: Message.Request, _ place: ReplyQueue.Place
    ) throws(StratumError) -> JSONValue? {
        guard let user = request.params.first?.text else {
            throw StratumError(.other, "mining.authorize takes a user and a password, as texts")
        }
        let password = try optionalText(request.params, 1, "the password of mining.authorize") ?? ""
        guard !user.isEmpty, user == printable(user, limit: 128) else {
            throw StratumError(.unauthorizedWorker, "a user is 1 to 128 bytes without control characters")
        }
        guard workers.contains(user) || workers.count < options.workerLimit else {
            throw StratumError(
                .unauthorizedWorker,
                "this connection has \(workers.count) workers, which is the most: use another connection")
        }
        decision = .authorization(id: request.id, place, user: user, DifficultyArguments(password: password))
        outbox.append(.authorize(user: user, password: password))
        return nil
    }

    /// Takes the decision on the worker of the last ``Action/authorize(user:password:)``.
    public mutating func authorized(_ authorization: Authorization, now: Instant) -> [Action] {
        guard !isClosed, case .authorization(let id, let place, let user, let arguments)? = decision else { return [] }
        switch authorization {
        case .allowed:
            if !workers.contains(user) { workers.append(user) }
            var arguments = arguments
            // The difficulty that it had is better known than the one that it begins with.
            if wasRecalled { arguments.start = nil }
            ask(for: arguments, now: now)
            replies.fill(place, Line.result(true, to: id), .authorized)
        case .refused(let reason):
            replies.fill(place, Line.error(StratumError(.unauthorizedWorker, reason), to: id))
        }
        goOn(now: now)
        return finish(now: now)
    }

    // MARK: Difficulty

    /// Gives a miner the difficulty that it asks for, as far as that is allowed; from the next job on.
    private mutating func ask(for arguments: DifficultyArguments, now: Instant) {
        guard !arguments.isEmpty else { return }
        func allowed(_ difficulty: Double?) -> Double? { difficulty?.clamped(to: options.allowedDifficulty) }
        let bounds = vardiff.options.bounds
        let start = allowed(arguments.start)
        var lowest = allowed(arguments.minimum) ?? min(bounds.lowerBound, start ?? bounds.lowerBound)
        let highest = allowed(arguments.maximum) ?? max(bounds.upperBound, start ?? lowest, lowest)
        // A maximum alone also lowers the bound that nobody asked for; of two that contradict each other the minimum counts.
        if arguments.minimum == nil { lowest = min(lowest, highest) }
        let asked = lowest...max(lowest, highest)
        if asked != bounds { vardiff.limit(to: asked, now: now) }
        if let start { vardiff.set(start, now: now) }
        if !jobs.isEmpty { isIssueDue = true }
    }

    private func difficulty(_ value: JSONValue?, of place: String) throws(StratumError) -> Double {
        guard let difficulty = value?.double, difficulty.isFinite, difficulty > 0 else {
            throw StratumError(.other, "\(place) takes a difficulty: a number above zero")
        }
        return difficulty
    }

    // MARK: Extensions

    private mutating func configure(_ params: [JSONValue], now: Instant) throws(StratumError) -> JSONValue {
        guard case .array(let names)? = params.first else {
            throw StratumError(
                .other, "mining.configure takes an array of extensions and an object of their parameters")
        }
        var settings: [String: JSONValue] = [:]
        switch params.dropFirst().first {
        case .object(let members)?: settings = members
        case .null?, nil: break
        default: throw StratumError(.other, "the parameters of mining.configure are an object")
        }
        var result: [String: JSONValue] = [:]
        for name in names.prefix(16) {
            guard let name = name.text else {
                throw StratumError(.other, "the extensions of mining.configure are texts")
            }
            switch name {
            case "version-rolling":
                versionMask = try mask(settings["version-rolling.mask"]) & options.versionMask
                result[name] = .bool(versionMask != 0)
                result["version-rolling.mask"] = .string(hex(versionMask))
            case "minimum-difficulty":
                let minimum = try difficulty(settings["minimum-difficulty.value"], of: "minimum-difficulty.value")
                ask(for: DifficultyArguments(minimum: minimum), now: now)
                result[name] = true
            case "subscribe-extranonce":
                takesExtranonce = true
                result[name] = true
            default: result[printable(name, limit: 64)] = false
            }
        }
        return .object(result)
    }

    private func mask(_ value: JSONValue?) throws(StratumError) -> UInt32 {
        guard let value, value != .null else { return .max }
        guard let digits = value.text, let mask = number(hex: digits) else {
            throw StratumError(.other, "version-rolling.mask is 8 hexadecimal digits")
        }
        return mask
    }
}
