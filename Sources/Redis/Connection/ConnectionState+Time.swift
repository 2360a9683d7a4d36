extension ConnectionState {
    mutating func timerFired(_ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]) {
        switch phase {
        case .idle, .closed: break
        case .pausing: ask(&actions)
        case .resolving:
            let problem = "its address was not known within \(configuration.connectDeadline)"
            fail(.unreachable(configuration.url.address, problem), now, jitter, &actions)
        case .connecting, .greeting:
            actions.append(.drop)
            lose("it did not answer within \(configuration.connectDeadline)", now, jitter, &actions)
        case .ready: watchSilence(now, jitter, &actions)
        }
    }

    private mutating func watchSilence(_ now: ContinuousClock.Instant, _ jitter: Double, _ actions: inout [Action]) {
        // A connection that held for a while ends a row of failures; one that breaks at once does not.
        failures = 0
        let limit = configuration.silenceLimit
        let silence = lastHeard.map { now - $0 } ?? .zero
        if silence < limit / 2 {
            actions.append(.setTimer(limit / 2 - silence))
        } else if sent.count == 0 {
            let ping = RedisCommand(unchecked: ["PING"])
            send(
                CommandUnit(
                    id: Self.probe, name: "PING", encoded: ping.encoded, replyCount: 1, waitsForConnection: false,
                    deadline: limit), &actions)
            actions.append(.setTimer(limit / 2))
        } else if silence < limit {
            actions.append(.setTimer(limit - silence))
        } else if !silenceNoticed {
            // After this process itself was stopped the answer may lie in the socket: one look at it before giving up.
            silenceNoticed = true
            actions.append(.setTimer(limit / 16))
        } else {
            actions.append(.drop)
            lose("it has been silent for \(silence), with commands unanswered", now, jitter, &actions)
        }
    }
}
