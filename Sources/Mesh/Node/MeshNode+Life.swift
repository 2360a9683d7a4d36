internal import Logging
internal import Synchronization

/// A newer life of the instance is listed: this process must not go on.
public struct FencedError: Error, Sendable, CustomStringConvertible {
    /// Who was fenced.
    public let name: InstanceName
    /// The life that this process was.
    public let epoch: Epoch
    /// The life that replaced it.
    public let newerEpoch: Epoch

    /// What happened and what to do.
    public var description: String {
        "\(name) was started again elsewhere as epoch \(newerEpoch): this process, epoch \(epoch), ends. Two processes must not "
            + "have one HEADFRAME_INSTANCE"
    }
}

extension MeshNode {
    /// Lives until cancelled: follows the registry and, with a service, takes an epoch, listens, and stays listed.
    ///
    /// - Throws: ``FencedError`` when a newer life of the instance appears; the transport's error when it cannot listen.
    public func run() async throws {
        core.transport.attach(core)
        core.submit = submit
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.follow() }
                if let name = configuration.name { group.addTask { try await self.serve(as: name) } }
                try await group.next()
                group.cancelAll()
            }
        } catch {
            await close()
            if !(error is CancellationError) { throw error }
            return
        }
        await close()
    }

    private func follow() async throws {
        try await registry.watch { event in
            self.submit(.perform { core in core.client.registry(event, now: core.reactor.now) })
        }
    }

    private func serve(as name: InstanceName) async throws {
        let epoch = try await registry.reserve(name)
        var random = SystemRandomNumberGenerator()
        let nonce: UInt64 = random.next()
        let routingID = InstanceRecord.routingID(instance: name.instance, epoch: epoch, nonce: nonce)
        let endpoint = try await onCore { core in
            core.server.epoch = epoch
            return Result { try core.transport.bind(routingID: routingID) }
        }.get()
        standing.withLock {
            $0.epoch = epoch
            $0.endpoint = endpoint
        }
        logger.info(
            "listening", metadata: ["instance": "\(name.instance)", "endpoint": "\(endpoint)", "epoch": "\(epoch)"])
        try await stayListed(name, epoch: epoch, nonce: nonce, endpoint: endpoint)
    }

    /// Renews the record every third of its time to live, at once when it changes, and soon after a failure.
    private func stayListed(_ name: InstanceName, epoch: Epoch, nonce: UInt64, endpoint: String) async throws {
        var record = InstanceRecord(
            name: name, epoch: epoch, nonce: nonce, endpoint: endpoint, version: configuration.version,
            zone: configuration.zone, weight: configuration.weight, pid: configuration.pid, host: configuration.host,
            startedMilliseconds: configuration.startedMilliseconds)
        let interval = registry.timeToLive / 3
        var isListed = true
        while !Task.isCancelled {
            if standing.withLock({ $0.isLeaving }) { return await leave(name, epoch) }
            record.state = state
            record.attributes = standing.withLock { $0.attributes }
            record.load = await onCore { $0.server.load }
            do {
                if case .fenced(let newer) = try await registry.announce(record) {
                    throw FencedError(name: name, epoch: epoch, newerEpoch: newer)
                }
                if !isListed { logger.info("listed in the registry again", metadata: ["instance": "\(name.instance)"]) }
                isListed = true
            } catch let error as FencedError {
                throw error
            } catch {
                if isListed { logger.warning("the registry does not renew this instance: \(error)") }
                isListed = false
            }
            await announcements.wait(atMost: isListed ? interval : min(interval, .milliseconds(500)))
        }
    }

    /// Takes nothing new, lets consumers move to others, finishes what is at work, leaves the registry.
    ///
    /// - Parameter budget: How long that may take in all; what is still at work then is cancelled.
    public func drain(budget: Duration) async {
        let deadline = ContinuousClock.now + budget
        standing.withLock { $0.state = .draining }
        announcements.signal()
        await onCore { core in core.server.drain(now: core.reactor.now) }
        try? await Task.sleep(for: min(configuration.moveTime, budget))
        await onCore { core in core.server.endPublications(now: core.reactor.now) }
        let tasks = await onCore { $0.handlers.running }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for task in tasks { await task.value } }
            group.addTask { try? await Task.sleep(until: deadline) }
            await group.next()
            // A handler that is past the budget is cancelled: the caller's deadline, not ours, is what it may not see.
            await onCore { $0.handlers.cancelAll() }
            group.cancelAll()
        }
        // The task that renews the record takes it out, so that no renewal can come after.
        guard configuration.name != nil, epoch != nil else { return }
        standing.withLock { $0.isLeaving = true }
        announcements.signal()
        await departure.wait()
    }

    private func leave(_ name: InstanceName, _ epoch: Epoch) async {
        defer { departure.signal() }
        do {
            try await registry.leave(name, epoch: epoch)
        } catch {
            logger.warning("leaving the registry failed, the record will expire: \(error)")
        }
    }

    private func close() async {
        let tasks = await onCore { core in
            let tasks = core.handlers.running
            core.close(linger: .milliseconds(500))
            return tasks
        }
        for task in tasks { await task.value }
    }
}
