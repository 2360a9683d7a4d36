public import Mining

extension Session {
    /// The work to issue.
    struct CurrentWork: Sendable {
        var work: Work
        /// When it came or was confirmed.
        var known: Instant
        let networkDifficulty: Double
        /// The time that it was last issued with.
        var issuedTime: UInt32?

        init(_ work: Work, known: Instant) {
            self.work = work
            self.known = known
            networkDifficulty = Difficulty.of(work.networkTarget, work.algorithm.algorithm)
        }

        /// The time to issue it with: later than ever before, so that a miner which begins anew does not find the same shares.
        mutating func nextTime(limit: UInt32, now: Instant) -> UInt32 {
            let elapsed = max(0, (now - known).components.seconds)
            let earliest = issuedTime.map { UInt64($0) + 1 } ?? 0
            let latest = UInt64(work.time) + UInt64(limit)
            let time = min(max(UInt64(work.time) + UInt64(elapsed), earliest), latest, UInt64(UInt32.max))
            issuedTime = UInt32(time)
            return UInt32(time)
        }
    }

    /// Takes new work. The work that it has already is confirmed by this, and not issued again unless `clean`.
    ///
    /// - Parameter clean: whether what was mined so far is worthless: the tip has changed.
    public mutating func work(_ work: Work, clean: Bool, now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        if clean { jobs.removeAll() }
        var next = CurrentWork(work, known: now)
        if let current, current.work.jobID == work.jobID {
            next.issuedTime = current.issuedTime
            self.current = next
            if jobs.isEmpty { issue(clean: true, now: now) }
        } else {
            jobs.supersede(at: now)
            current = next
            issue(clean: clean || jobs.isEmpty, now: now)
        }
        return finish(now: now)
    }

    /// Issues the current work, where the miner is ready for it and there is some.
    mutating func issue(clean: Bool, now: Instant) {
        guard knowsSubscription, knowsAuthorization, !workers.isEmpty, var issued = current else { return }
        let work = issued.work
        let time = issued.nextTime(limit: options.timeRoll / 2, now: now)
        current = issued
        if announcedDifficulty == nil { vardiff.restart(now: now) }
        announce(difficulty, now: now)
        jobs.forget(supersededBefore: now - options.supersededJobAge)
        let job = jobs.issue(work, to: extranonce1, at: difficulty, limit: max(1, options.jobLimit))
        send(Line.notify(job.id, work, time: time, clean: clean), now: now)
        isIssueDue = false
    }

    /// A difficulty counts from the next job, so it is sent right before one.
    private mutating func announce(_ difficulty: Double, now: Instant) {
        guard announcedDifficulty != difficulty else { return }
        announcedDifficulty = difficulty
        send(Line.notification("mining.set_difficulty", [.number(difficulty)]), now: now)
        outbox.append(.difficulty(difficulty))
    }

    /// What only time brings about.
    mutating func look(at now: Instant) {
        if let current, now - current.known > options.jobAge {
            // Nobody stands behind it any more.
            self.current = nil
            jobs.removeAll()
        }
        jobs.forget(supersededBefore: now - options.supersededJobAge)
        if state == .mining, current != nil, vardiff.tick(now: now) != nil { isIssueDue = true }
        if isIssueDue { issue(clean: false, now: now) }
        guard now - lastSent >= options.silence, knowsSubscription else { return }
        if state == .mining, current != nil {
            issue(clean: false, now: now)
        } else {
            // Without a job there is nothing else that every miner understands and that does no harm.
            send(Line.notification("mining.set_difficulty", [.number(announcedDifficulty ?? difficulty)]), now: now)
        }
    }
}
