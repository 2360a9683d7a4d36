internal import Mining

extension Session {
    /// A share whose hash is being computed.
    struct PendingShare: Sendable {
        let request: JSONValue
        let place: ReplyQueue.Place
        let check: ShareCheck
        let submission: Submission
    }

    /// Why a share is refused, for the miner and for the count.
    private struct Refusal: Error {
        var reason: RejectReason
        var message: String
        var worker = ""
    }

    /// Hands a share on to be hashed, after everything that costs nothing.
    mutating func submit(
        _ request: Message.Request, _ place: ReplyQueue.Place, now: Instant
    ) throws(StratumError) -> JSONValue? {
        do {
            let (check, submission) = try examine(request.params, now: now)
            shares[check.id] = PendingShare(request: request.id, place: place, check: check, submission: submission)
            outbox.append(.check(check))
            return nil
        } catch {
            outbox.append(.rejected(worker: error.worker, error.reason))
            throw StratumError(error.reason.code, error.message)
        }
    }

    private mutating func examine(
        _ params: [JSONValue], now: Instant
    ) throws(Refusal) -> (ShareCheck, Submission) {
        guard isSubscribed else {
            throw Refusal(reason: .notSubscribed, message: "mining.submit before mining.subscribe")
        }
        guard let worker = params.first?.text else {
            throw Refusal(
                reason: .malformed, message: "mining.submit takes texts: worker, job, extranonce2, time, nonce")
        }
        guard workers.contains(worker) else {
            throw Refusal(reason: .unauthorized, message: "the worker was not authorized on this connection")
        }
        do {
            return try examine(params, of: worker, now: now)
        } catch {
            var error = error
            error.worker = worker
            throw error
        }
    }

    private mutating func examine(
        _ params: [JSONValue], of worker: String, now: Instant
    ) throws(Refusal) -> (ShareCheck, Submission) {
        guard (5...6).contains(params.count), let id = params[1].text else {
            throw Refusal(
                reason: .malformed,
                message: "mining.submit takes 5 or 6 texts: worker, job, extranonce2, time, nonce, version bits")
        }
        let extranonce2 = try number(params[2], "extranonce2")
        let time = try number(params[3], "time")
        let nonce = try number(params[4], "nonce")
        let versionBits = params.count > 5 && params[5] != .null ? try number(params[5], "version bits") : nil

        guard let job = jobs.job(id), isGood(job, at: now) else {
            throw Refusal(reason: .stale, message: "the job is not known, or not worth mining any more")
        }
        let work = job.work
        guard time >= work.minimumTime, UInt64(time) <= UInt64(work.time) + UInt64(options.timeRoll) else {
            throw Refusal(reason: .timeOutOfRange, message: "the time is out of what the job allows")
        }
        guard (versionBits ?? 0) & ~versionMask == 0 else {
            throw Refusal(
                reason: .versionBits,
                message: "the version bits go beyond the mask \(hex(versionMask)) of mining.configure")
        }
        let version = versionBits.map { work.version & ~versionMask | $0 } ?? work.version
        let submission = Submission(
            extranonce1: job.extranonce1, extranonce2: extranonce2, time: time, nonce: nonce, version: version)
        switch jobs.add(submission, of: work, limit: options.sharesPerJob) {
        case .duplicate?: throw Refusal(reason: .duplicate, message: "this share was submitted before")
        case let reason?:
            if vardiff.count(difficulty: job.difficulty, now: now) != nil { isIssueDue = true }
            throw Refusal(
                reason: reason,
                message: "more than \(options.sharesPerJob) shares of one job: mine at a higher difficulty")
        case nil: break
        }
        checks += 1
        let solution = Solution(
            extranonce: job.extranonce1.bytes + bigEndianBytes(extranonce2), time: time, nonce: nonce, version: version)
        let check = ShareCheck(
            id: CheckID(number: checks), work: work, solution: solution, target: job.target, difficulty: job.difficulty,
            worker: worker)
        return (check, submission)
    }

    private func isGood(_ job: IssuedJob, at now: Instant) -> Bool {
        if let superseded = job.superseded { return now - superseded <= options.supersededJobAge }
        return current.map { now - $0.known <= options.jobAge } ?? false
    }

    private func number(_ value: JSONValue, _ name: String) throws(Refusal) -> UInt32 {
        guard let digits = value.text, let number = Stratum.number(hex: digits) else {
            throw Refusal(reason: .malformed, message: "the \(name) of mining.submit is 8 hexadecimal digits")
        }
        return number
    }

    /// Takes the result of a check: for a share that meets its target, once it is recorded. The share counts even when the session has ended meanwhile.
    public mutating func checked(_ id: CheckID, _ result: ShareResult, now: Instant) -> [Action] {
        guard let share = shares.removeValue(forKey: id) else { return [] }
        switch result {
        case .accepted(let hash): accept(share, hash, isBlock: false)
        case .block(let hash, _, _): accept(share, hash, isBlock: true)
        case .lowDifficulty:
            reject(share, .lowDifficulty, "the share is above the target of difficulty \(share.check.difficulty)")
        case .failed(let problem):
            reject(
                share, .failed, "\(printable(problem, limit: 128)); the share was not checked, submit it again later")
        case .unrecorded(let problem):
            reject(share, .unrecorded, "share not recorded: \(printable(problem, limit: 128))")
        case .recordedBefore:
            refuse(share, .recordedBefore, "this share was submitted before")
        }
        guard !isClosed else { return finish(now: now) }
        // The reply first: a new job is not to overtake it.
        flush(now: now)
        // A share that the server had no time for came all the same. Were it left out, the difficulty would fall under load, and more would come.
        let isSeen = if case .lowDifficulty = result { false } else { true }
        if isSeen, vardiff.count(difficulty: share.check.difficulty, now: now) != nil { issue(now: now) }
        return finish(now: now)
    }

    private mutating func accept(_ share: PendingShare, _ hash: String, isBlock: Bool) {
        let check = share.check
        replies.fill(share.place, Line.result(true, to: share.request))
        outbox.append(
            .accepted(
                Share(
                    worker: check.worker, jobID: check.work.jobID, difficulty: check.difficulty,
                    height: check.work.height,
                    hash: hash, time: check.solution.time, isBlock: isBlock)))
    }

    private mutating func reject(_ share: PendingShare, _ reason: RejectReason, _ message: String) {
        jobs.remove(share.submission, of: share.check.work)
        refuse(share, reason, message)
    }

    private mutating func refuse(_ share: PendingShare, _ reason: RejectReason, _ message: String) {
        replies.fill(share.place, Line.error(StratumError(reason.code, message), to: share.request))
        outbox.append(.rejected(worker: share.check.worker, reason))
    }
}
