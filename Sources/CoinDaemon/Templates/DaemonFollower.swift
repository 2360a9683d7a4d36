internal import Mining

/// Follows one daemon: asks for a template, then waits for the next by long poll, by polling and for a notification, all at once;
/// when the daemon fails it starts over, with growing pauses.
struct DaemonFollower: Sendable {
    let client: CoinDaemonClient
    let priority: Int
    let options: TemplateSource.Options
    let board: TemplateBoard
    let doorbell: Doorbell

    /// Follows until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await follow()
            } catch {
                // Cancelled, it has failed at nothing. Without that every error counts, whatever it calls itself.
                if Task.isCancelled { return }
                await doorbell.wait(upTo: board.failed(failure(error), from: priority))
            }
        }
    }

    private func failure(_ error: any Error) -> CoinDaemonError {
        error as? CoinDaemonError
            ?? CoinDaemonError(
                .unreachable,
                "following the coin daemon at \(client.endpoint) ended by an error of another kind: \(error); it is tried again",
                cause: error)
    }

    /// Follows until the daemon fails, which is thrown.
    private func follow() async throws {
        let chain = try await ChainTracker.identify(client)
        try await fetch(chain)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "poll \(client.endpoint)") { try await poll(chain) }
            group.addTask(name: "long poll \(client.endpoint)") { try await longPoll(chain) }
            defer { group.cancelAll() }
            // The first failure ends both; `waitForAll` would wait for the other one.
            for try await _ in group {}
        }
    }

    /// Looks every few seconds, and at once after a notification, whether the daemon is on another block.
    ///
    /// Now and then it asks for a whole template, because only that shows that the daemon still gives some.
    private func poll(_ chain: ChainTracker) async throws {
        var lastFetch = ContinuousClock.now
        while true {
            await doorbell.wait(upTo: options.pollInterval)
            try Task.checkCancellation()
            board.reconsider()
            if ContinuousClock.now - lastFetch < options.refreshInterval {
                let newest = try await client.bestBlockHash()
                if newest == board.candidate(priority)?.position.parent { continue }
            }
            try await fetch(chain)
            lastFetch = .now
        }
    }

    /// Waits in the daemon for the next template, again and again.
    ///
    /// A daemon that answers at once without a new block is not asked in a tight loop, but nor is it let out of sight for long: the
    /// pause grows from some milliseconds to ``TemplateSource/Options/shortestLongPoll``.
    private func longPoll(_ chain: ChainTracker) async throws {
        var hasty = 0
        while let held = board.candidate(priority), let id = held.template.longPollID {
            let askedAt = ContinuousClock.now
            do {
                let template = try await client.blockTemplate(longPollID: id, deadline: options.longPollDeadline)
                // Made by the daemon as it answered, not when it was asked.
                try await deliver(template, askedAt: .now, chain)
                let isNewBlock = template.previousBlockHash != held.template.previousBlockHash
                if isNewBlock || ContinuousClock.now - askedAt >= options.shortestLongPoll {
                    hasty = 0
                    continue
                }
            } catch let error as CoinDaemonError where error.code != .cancelled {
                // Whatever broke it (a proxy's timeout, say): the daemon is judged by whether it gives a template now.
                try await fetch(chain)
            }
            hasty += 1
            try await Task.sleep(for: min(.milliseconds(5) * (1 << min(hasty, 16)), options.shortestLongPoll))
        }
    }

    private func fetch(_ chain: ChainTracker) async throws {
        let askedAt = ContinuousClock.now
        try await deliver(client.blockTemplate(), askedAt: askedAt, chain)
    }

    private func deliver(
        _ template: BlockTemplate, askedAt: ContinuousClock.Instant, _ chain: ChainTracker
    ) async throws {
        if let expected = board.lineage(before: priority), expected != chain.lineage {
            throw CoinDaemonError(
                .foreignChain,
                "the coin daemon at \(client.endpoint) is on the chain \(chain.lineage), those before it in the daemon list "
                    + "are on \(expected); its templates are not used; take it out of the list or start it for that chain"
            )
        }
        let position = try await chain.position(of: template)
        board.received(template, at: position, from: priority, askedAt: askedAt)
    }
}
