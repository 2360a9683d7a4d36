internal import Mining
internal import TestSupport

@testable internal import Stratum

/// One connection of a miner that has gone mad: bytes out of a seed go through a framer into a session, while work, time and decisions come
/// at random. What must hold all the time is checked after every step.
struct Fuzzer {
    let works: [Work]
    var random: SeededRandom
    var now = ContinuousClock.now
    var framer = LineFramer(limit: 2048)
    var session: Session
    var memory: SessionMemory?

    /// The ids that replies are due to, in order.
    private var due: [JSONValue] = []
    private var checks: [ShareCheck] = []
    private var jobs: Set<String> = []
    private var lastJob = "x"
    private var isDecisionDue = false
    private var isRecallDue = false
    private var isClosed = false
    private(set) var findings: [String] = []

    init(seed: UInt64, works: [Work]) {
        self.works = works
        random = SeededRandom(seed: seed)
        var options = SessionOptions()
        options.lineLimit = 2048
        options.jobLimit = 4
        options.pendingLimit = 40
        options.backlogLimit = 8192
        options.sharesPerJob = 20
        options.workerLimit = 4
        session = Session(
            extranonce1: Extranonce1(process: 1, connection: 1), options: options,
            work: Bool.random(using: &random) ? works[0] : nil, now: now)
    }

    mutating func run() -> [String] {
        for _ in 0..<Int.random(in: 5...120, using: &random) where findings.isEmpty { step() }
        settle()
        return findings
    }

    private mutating func step() {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<70: feed()
        case ..<78:
            take(session.work(works.randomElement(using: &random)!, now: now))
        case ..<86:
            now += .milliseconds(Int.random(in: 0...3_000, using: &random) * (chance(20) ? 1000 : 1))
            take(session.tick(now: now))
        case ..<95: answerCheck()
        case ..<97: decide()
        default: speak()
        }
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    /// Everything that the session waits for comes, after which no reply may be due.
    private mutating func settle() {
        for _ in 0..<1000 where findings.isEmpty && (isDecisionDue || isRecallDue || !checks.isEmpty) {
            decide()
            answerCheck()
        }
        if !isClosed, !due.isEmpty { findings.append("replies never came: \(due)") }
        if !session.shares.isEmpty { findings.append("\(session.shares.count) shares are waited for in vain") }
    }

    // MARK: What comes from the miner

    private mutating func feed() {
        var bytes: [UInt8] = []
        for _ in 0...Int.random(in: 0...3, using: &random) {
            var lines = LineMaker(random: random, job: lastJob)
            bytes += lines.line()
            random = lines.random
        }
        while !bytes.isEmpty, findings.isEmpty {
            let count = chance(2) ? bytes.count : Int.random(in: 1...bytes.count, using: &random)
            for line in framer.append(bytes.prefix(count)) { receive(line) }
            bytes.removeFirst(count)
            if framer.unfinishedBytes > framer.limit + 1 {
                findings.append("the framer keeps \(framer.unfinishedBytes) bytes")
            }
        }
        // The server would close the connection; here it goes on with the next one's bytes.
        if framer.isOverlong { framer = LineFramer(limit: framer.limit) }
    }

    private mutating func receive(_ line: [UInt8]) {
        if !isClosed, !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            switch Message(line: line, limits: session.options.messageLimits) {
            case .request(let request): due.append(request.id)
            case .wrong(let id, _): due.append(id)
            case .garbage: due.append(.null)
            case .response: break
            }
        }
        take(session.receive(line: line, now: now))
    }

    // MARK: What comes from the server

    private mutating func decide() {
        if isDecisionDue {
            isDecisionDue = false
            take(session.authorized(chance(4) ? .refused("no") : .allowed, now: now))
        } else if isRecallDue {
            isRecallDue = false
            take(session.recalled(chance(2) ? memory : nil, now: now))
        }
    }

    private mutating func answerCheck() {
        guard !checks.isEmpty else { return }
        let check = checks.remove(at: Int.random(in: checks.indices, using: &random))
        let result: ShareResult =
            switch Int.random(in: 0..<8, using: &random) {
            case 0: .lowDifficulty
            case 1: .failed("no")
            case 2: .block(hash: "", header: [], coinbase: [])
            case 3: check.run()
            default: .accepted(hash: "")
            }
        let actions = session.checked(check.id, result, now: now)
        if actions.accepted.count != (result.isAccepted ? 1 : 0) {
            findings.append("\(result) counted \(actions.accepted.count) times")
        }
        take(actions)
    }

    private mutating func speak() {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: take(session.showMessage("hello", now: now))
        case 1: take(session.reconnect(now: now))
        case 2: take(session.ping(now: now))
        case 3:
            take(
                session.setExtranonce(Extranonce1(process: 1, connection: .random(in: 2...9, using: &random)), now: now)
            )
        default:
            var ended = session
            memory = ended.end() ?? memory
        }
    }

    // MARK: What must hold

    private mutating func take(_ actions: [Session.Action]) {
        for action in actions {
            if isClosed {
                switch action {
                case .accepted, .rejected: break
                default: findings.append("\(action) after the end")
                }
            }
            switch action {
            case .send(let line): look(line)
            case .check(let check): checks.append(check)
            case .authorize: isDecisionDue = true
            case .recall: isRecallDue = true
            case .close: isClosed = true
            case .difficulty(let difficulty):
                if !VardiffOptions.sensible.contains(difficulty) { findings.append("difficulty \(difficulty)") }
            case .accepted, .rejected: break
            }
        }
        if session.jobs.jobs.count > session.options.jobLimit { findings.append("\(session.jobs.jobs.count) jobs") }
        let waiting = session.replies.count + session.backlog.count
        if waiting > session.options.pendingLimit + 1 { findings.append("\(waiting) requests wait") }
        if session.backlogBytes > session.options.backlogLimit + session.options.lineLimit {
            findings.append("\(session.backlogBytes) bytes wait")
        }
        if session.workers.count > session.options.workerLimit { findings.append("\(session.workers.count) workers") }
        if isClosed != (session.state == .closed) { findings.append("closed and \(session.state)") }
    }

    private mutating func look(_ line: [UInt8]) {
        guard line.count < 65536, let sent = Sent(line) else {
            findings.append("not a line: \(String(decoding: line.prefix(200), as: UTF8.self))")
            return
        }
        if sent.isReply {
            guard let id = due.first, id.asSent == sent.id else {
                findings.append("a reply to \(sent.id), due was \(String(describing: due.first))")
                return
            }
            due.removeFirst()
            if sent.members["error"] != .null, sent.errorCode.flatMap({ StratumError.Code(rawValue: Int($0)) }) == nil {
                findings.append("an error of the wrong form: \(sent.members)")
            }
        } else if sent.method == "mining.notify" {
            lastJob = sent.job
            if !jobs.insert(sent.job).inserted { findings.append("the job \(sent.job) twice") }
        }
    }
}

extension JSONValue {
    /// What an id comes back as: what is no number comes back as null.
    fileprivate var asSent: JSONValue {
        guard case .number(let number) = self else { return self }
        return number.isFinite ? Int64(exactly: number).map { .integer($0) } ?? self : .null
    }
}
