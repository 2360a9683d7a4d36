public import Mining

extension Session {
    /// The work to issue.
    struct CurrentWork: Sendable {
        let work: Work
        /// When it came.
        let since: Instant
        /// When it came or was confirmed.
        var known: Instant
        let networkDifficulty: Double

        init(_ work: Work, known: Instant) {
            self.work = work
            since = known
            self.known = known
            networkDifficulty = Difficulty.of(work.networkTarget, work.algorithm.algorithm)
        }
    }

    /// Takes new work. The work that it has already is confirmed by this, and not issued again.
    ///
    /// What was mined so far is worthless, and the miner is told so, where the new work builds on another block.
    public mutating func work(_ work: Work, now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        if current?.work.jobID == work.jobID {
            current?.known = now
            if jobs.isEmpty { issue(now: now) }
        } else {
            makeRoom(for: work, now: now)
            current = CurrentWork(work, known: now)
            issue(now: now)
        }
        return finish(now: now)
    }

    /// Other work makes jobs worthless if it builds on another block; if not, their shares are good for a while.
    mutating func makeRoom(for work: Work, now: Instant) {
        guard let last = jobs.jobs.last?.work, last.jobID != work.jobID else { return }
        if last.previousBlockHash == work.previousBlockHash { jobs.supersede(at: now) } else { jobs.removeAll() }
    }

    /// Issues the current work, where the miner is ready for it and there is some.
    mutating func issue(now: Instant) {
        guard knowsSubscription, knowsAuthorization, !workers.isEmpty, let current else { return }
        // Whatever else the miner has in hand is good still, but for what it brought along from an earlier connection and may not.
        let clean = jobs.isEmpty || announcedDifficulty == nil
        let time = nextTime(of: current, now: now)
        if isIdle { vardiff.restart(now: now) }
        isIdle = false
        announce(difficulty, now: now)
        jobs.forget(supersededBefore: now - options.supersededJobAge)
        let job = jobs.issue(
            current.work, to: extranonce1, at: difficulty, time: time, limit: max(1, options.jobLimit))
        send(Line.notify(job.id, current.work, time: time, clean: clean), now: now)
        isIssueDue = false
    }

    /// The time to issue work with: later than ever before, so that a miner which begins anew does not find the same shares.
    private func nextTime(of current: CurrentWork, now: Instant) -> UInt32 {
        let begin = UInt64(current.work.time)
        let elapsed = UInt64(max(0, (now - current.since).components.seconds))
        let earliest = jobs.latestTime(of: current.work).map { UInt64($0) + 1 } ?? 0
        return UInt32(min(max(begin + elapsed, earliest), begin + UInt64(options.timeRoll / 2), UInt64(UInt32.max)))
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
            isIdle = true
        }
        jobs.forget(supersededBefore: now - options.supersededJobAge)
        if state == .mining, current != nil, vardiff.tick(now: now) != nil { isIssueDue = true }
        if isIssueDue { issue(now: now) }
        guard now - lastSent >= options.silence, knowsSubscription else { return }
        if state == .mining, current != nil {
            issue(now: now)
        } else {
            // Without a job there is nothing else that every miner understands and that does no harm.
            send(Line.notification("mining.set_difficulty", [.number(announcedDifficulty ?? difficulty)]), now: now)
        }
    }
}
