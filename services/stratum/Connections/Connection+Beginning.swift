internal import NIOCore
internal import Stratum

/// How a connection begins: the PROXY header, the limits and bans of its address, the session.
extension Connection {
    /// Looks whether what has come is a PROXY header.
    func readPrelude(now: ContinuousClock.Instant) {
        let decoded: ProxyHeader.Decoded
        do throws(ProxyHeaderError) {
            decoded = try ProxyHeader.decode(prelude)
        } catch {
            return close(.proxy, "a PROXY header that is wrong: \(error)", now: now)
        }
        switch decoded {
        case .incomplete: break
        case .absent:
            guard !expectsProxy else {
                return refuse("a connection from a proxy's network without a PROXY header", now: now)
            }
            begin(with: prelude[...], now: now)
        case .header(let header, let length):
            guard expectsProxy else {
                return refuse("a PROXY header from an address that is not a proxy's (--proxies)", now: now)
            }
            proxyID = header.uniqueIDText
            let rest = prelude[length...]
            if admit(header.source?.address ?? address, now: now) { begin(with: rest, now: now) }
        }
    }

    /// Something is set up wrongly: an operator has to hear of it.
    private func refuse(_ reason: String, now: ContinuousClock.Instant) {
        hub.complain("\(reason); the connection was closed", metadata)
        close(.proxy, reason, now: now)
    }

    /// Counts the connection for its address, or turns it away.
    @discardableResult
    func admit(_ address: IPAddress?, now: ContinuousClock.Instant) -> Bool {
        guard let address else { return false }
        self.address = address
        if let ban = parts.guardian.ban(of: address, now: now) {
            turnAway(
                "banned for \(ban.seconds(from: now)) s more because of many invalid shares; check the miner", .banned,
                now: now)
            return false
        }
        if let reason = parts.guardian.opened(address, now: now) {
            turnAway("too many connections; connect later or elsewhere", .limit, because: reason, now: now)
            return false
        }
        isCounted = true
        return true
    }

    private func turnAway(
        _ message: String, _ cause: CloseCause, because reason: String? = nil, now: ContinuousClock.Instant
    ) {
        send(StratumLine.showMessage(message))
        close(cause, reason ?? message, now: now)
    }

    private func begin(with bytes: ArraySlice<UInt8>, now: ContinuousClock.Instant) {
        prelude = []
        guard closing == nil else { return }
        let current = parts.board.current(now: now)
        session = Session(
            extranonce1: parts.extranonces.next(), options: listen.options(parts.options.session),
            work: current?.work, known: current?.confirmed, now: now)
        consume(bytes, now: now)
    }
}
