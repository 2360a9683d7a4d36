internal import NIOCore
internal import Stratum

/// What the passing of time does to a connection.
extension Connection {
    /// Looks at the clock.
    func tick(now: ContinuousClock.Instant) {
        if let closing {
            if now >= closing.until { channel.close(promise: nil) }
            return
        }
        if stuck(now: now) >= parts.options.sendTimeout {
            return drop(.slow, "nothing was read for \(parts.options.sendTimeout)")
        }
        if isCounted, let address, let ban = parts.guardian.ban(of: address, now: now) {
            return close(ban, "another connection of its address brought a ban", now: now)
        }
        if !isLoggedIn, now - since >= parts.options.handshakeTimeout {
            return close(.silent, "no worker was authorized within \(parts.options.handshakeTimeout)", now: now)
        }
        if now - heard >= parts.options.idleTimeout {
            return close(.silent, "nothing was said for \(parts.options.idleTimeout)", now: now)
        }
        if !isPinged, now - heard >= parts.options.idleTimeout * 2 / 3 {
            isPinged = true
            act(now: now) { $0.ping(now: now) }
        }
        renewExtranonce(now: now)
        act(now: now) { $0.tick(now: now) }
        report()
    }

    /// Whether a worker may mine.
    var isLoggedIn: Bool { session?.state == .mining || session?.state == .waitingForJob }

    private func stuck(now: ContinuousClock.Instant) -> Duration {
        guard let pending = try? channel.syncOptions?.getOption(.bufferedWritableBytes) else { return .zero }
        return progress.stuck(pending: pending, now: now)
    }

    /// Gives another extranonce where the process has drawn another half, because a second server has the same: both their miners would
    /// search the same space.
    private func renewExtranonce(now: ContinuousClock.Instant) {
        guard let session, session.extranonce1.process != parts.extranonces.process else { return }
        act(now: now) { $0.setExtranonce(parts.extranonces.next(), now: now) }
    }

    /// Tells the recorder what has changed.
    func report() {
        guard let session, session.state != .connected, let address else { return }
        ledger.report(
            session, address: address.description, listener: listen.description, proxyID: proxyID, to: parts.recorder)
    }

    /// Asks the miner to connect elsewhere; one that cannot be asked hears nothing.
    func askToLeave(now: ContinuousClock.Instant) {
        guard session != nil else { return close(.drained, "the server is shutting down", now: now) }
        act(now: now) { session in
            session.showMessage("the server is shutting down; connect again", now: now) + session.reconnect(now: now)
        }
    }
}
