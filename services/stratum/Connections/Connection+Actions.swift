internal import NIOCore
internal import Stratum

/// What a session wants done.
extension Connection {
    /// Does it, in order.
    func perform(_ actions: [Session.Action], now: ContinuousClock.Instant) {
        for action in actions { perform(action, now: now) }
    }

    private func perform(_ action: Session.Action, now: ContinuousClock.Instant) {
        switch action {
        case .send(let bytes): send(bytes)
        case .check(let check): hash(check, now: now)
        case .authorize: perform(session?.authorized(authorization(now: now), now: now) ?? [], now: now)
        case .recall(let name):
            // One with the half that another server had drawn too is of no use any more.
            let memory = parts.vault.take(name, now: now).flatMap {
                $0.extranonce1.process == parts.extranonces.process ? $0 : nil
            }
            perform(session?.recalled(memory, now: now) ?? [], now: now)
        case .accepted(let share): count(share, now: now)
        case .rejected(let worker, let reason): count(reason, of: worker, now: now)
        case .difficulty: ledger.hasChanged = true
        case .close(let reason):
            close(.protocolError, "the session ended it: \(reason.rawValue)", now: now)
        }
    }

    private func hash(_ check: ShareCheck, now: ContinuousClock.Instant) {
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        let parts = parts
        let isTaken = parts.hashing.submit(check) { result in
            parts.passOn(result, of: check)
            parts.record(result, of: check) { result in
                loop.execute { bound.value.checked(check.id, result) }
            }
        }
        if isTaken { return }
        parts.statistics.turnedAwayShare()
        hub.complain(
            "\(parts.options.hashQueue) shares wait to be checked, further ones are answered as busy; "
                + "raise --hash-threads or the difficulty", metadata)
        let busy = ShareResult.failed("busy: too many shares wait to be checked")
        perform(session?.checked(check.id, busy, now: now) ?? [], now: now)
    }

    /// Any worker may mine; only their number and their pace have limits.
    private func authorization(now: ContinuousClock.Instant) -> Session.Authorization {
        guard let address, parts.guardian.mayAuthorize(address, now: now) else {
            return .refused("too many authorizations from your address; try again in a minute")
        }
        return .allowed
    }

    private func count(_ share: Share, now: ContinuousClock.Instant) {
        let milliseconds = parts.wallClockMilliseconds()
        ledger.accepted(atMilliseconds: milliseconds)
        parts.statistics.share(.accepted, now: now)
        parts.recorder.share(
            ShareRecord(
                worker: share.worker, outcome: .accepted, difficulty: share.difficulty, atMilliseconds: milliseconds,
                height: share.height, hash: share.hash, isBlock: share.isBlock))
        if let address { parts.guardian.valid(from: address, now: now) }
    }

    private func count(_ reason: RejectReason, of worker: String, now: ContinuousClock.Instant) {
        ledger.rejected()
        let outcome = ShareRecord.Outcome(reason)
        parts.statistics.share(outcome, now: now)
        // Without a worker there is nobody to count it for.
        if !worker.isEmpty {
            parts.recorder.share(
                ShareRecord(
                    worker: worker, outcome: outcome, difficulty: session?.difficulty ?? 0,
                    atMilliseconds: parts.wallClockMilliseconds()))
        }
        guard reason.isInvalid, let address, closing == nil,
            let ban = parts.guardian.invalid(from: address, now: now)
        else { return }
        hub.complain("banned \(ban.address) for \(ban.seconds(from: now)) s because of many invalid shares", metadata)
        close(ban, "too many invalid shares, the last one: \(reason.rawValue)", now: now)
    }

    /// Tells the miner of the ban and ends the connection.
    func close(_ ban: Bans.Ban, _ reason: String, now: ContinuousClock.Instant) {
        send(
            StratumLine.showMessage(
                "banned for \(ban.seconds(from: now)) s because of many invalid shares; check the miner"))
        close(.banned, reason, now: now)
    }
}

extension ShareRecord.Outcome {
    /// What a reason counts as.
    fileprivate init(_ reason: RejectReason) {
        switch reason {
        case .stale: self = .stale
        case .duplicate, .recordedBefore: self = .duplicate
        case .lowDifficulty: self = .lowDifficulty
        case .unrecorded: self = .unrecorded
        default: self = .invalid
        }
    }
}
