/// What the server says unasked.
extension Session {
    /// Shows the miner's owner a message, where the miner does; cut to 256 bytes.
    public mutating func showMessage(_ text: String, now: Instant) -> [Action] {
        tell("client.show_message", [.string(printable(text, limit: 256))], now: now)
    }

    /// Asks the miner to connect to the same address once more, which some ignore.
    public mutating func reconnect(now: Instant) -> [Action] { tell("client.reconnect", [], now: now) }

    /// Asks a miner what it is that did not say so, once; the answer becomes the ``agent``.
    mutating func askVersion(now: Instant) {
        guard versionCall == nil else { return }
        versionCall = call("client.get_version", now: now)
    }

    /// Asks the miner for a sign of life, which some give.
    public mutating func ping(now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        _ = call("mining.ping", now: now)
        return finish(now: now)
    }

    /// Gives another extranonce for jobs from now on, and issues one; a miner that did not subscribe to that has to come again.
    public mutating func setExtranonce(_ extranonce1: Extranonce1, now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        if takesExtranonce || !isSubscribed {
            self.extranonce1 = extranonce1
        } else {
            closing = .extranonceChanged
        }
        if takesExtranonce, isSubscribed {
            send(Line.notification("mining.set_extranonce", [.string(extranonce1.hex), .integer(4)]), now: now)
            issue(now: now)
        }
        return finish(now: now)
    }

    /// Takes the answer to what the miner was asked; others are ignored.
    mutating func take(_ result: JSONValue, of id: JSONValue) {
        guard let versionCall, id == .integer(versionCall), agent.isEmpty else { return }
        if let version = result.text { agent = printable(version, limit: 128) }
    }

    private mutating func call(_ method: String, now: Instant) -> Int64 {
        calls += 1
        send(Line.request(calls, method), now: now)
        return calls
    }

    private mutating func tell(_ method: String, _ params: [JSONValue], now: Instant) -> [Action] {
        guard !isClosed else { return [] }
        send(Line.notification(method, params), now: now)
        return finish(now: now)
    }
}
