internal import MessagePack

/// A call on its way.
struct PendingCall: Sendable {
    let request: CallRequest
    let deadline: MeshInstant
    var attempt = 0
    /// Where it was sent; nil while it waits for an instance.
    var link: LinkID?
    /// Instances that refused it.
    var refusedBy: Set<LinkID> = []
    /// Whether a connection broke after it had been sent: whatever comes of a later try, it may have run.
    var mayHaveRun = false
}

extension ClientEngine {
    /// Begins a call under a name from ``nextIdentifier()``; it ends with exactly one `finish`.
    public mutating func call(_ identifier: MessageID, _ request: CallRequest, now: MeshInstant) {
        if let service = request.destination.service { watch(service, now: now) }
        let call = PendingCall(request: request, deadline: now + request.options.timeout)
        // Before its own wait goes in: the call is not held yet, and what is not held is swept away.
        compactWaits()
        waits.insert(.call(identifier), at: min(call.deadline, now + limits.heartbeat))
        retries.deposit()
        dispatch(identifier, call, now: now)
    }

    /// The caller gave up: the call ends, and the handler is told.
    public mutating func cancel(_ identifier: MessageID, now: MeshInstant) {
        guard let call = calls[identifier] else { return }
        if !takeBack(identifier) { tellCancelled(identifier, on: call.link) }
        finish(
            identifier, .failure(MeshError(.cancelled, "\(describe(call.request)) was given up by its caller")),
            now: now)
    }

    /// Whether the call had not left yet: then nobody has to hear of it.
    private mutating func takeBack(_ identifier: MessageID) -> Bool {
        let unsent = actions.firstIndex { action in
            if case .send(_, _, identifier) = action { true } else { false }
        }
        guard let unsent else { return false }
        actions.remove(at: unsent)
        return true
    }

    func describe(_ request: CallRequest) -> String {
        switch request.destination {
        case .service(let service): "the call \(service).\(request.method)"
        case .instance(let name): "the call \(request.method) of \(name)"
        case .endpoint(let endpoint): "the call \(request.method) at \(endpoint)"
        }
    }

    // MARK: Sending

    private mutating func dispatch(_ identifier: MessageID, now: MeshInstant) {
        if let call = calls[identifier] { dispatch(identifier, call, now: now) }
    }

    /// Finds an instance for a call, which is held from now on.
    private mutating func dispatch(_ identifier: MessageID, _ call: PendingCall, now: MeshInstant) {
        switch choose(for: call.request.destination, avoiding: call.refusedBy) {
        case .link(let link):
            send(identifier, call, on: link, now: now)
        case .nobody where call.request.options.failsFast, .full where call.request.options.failsFast:
            calls[identifier] = call
            finish(identifier, .failure(nobody(for: call.request)), now: now)
        case .nobody, .full:
            calls[identifier] = call
            wait(identifier, now: now)
        }
    }

    enum Choice {
        case link(LinkID)
        case nobody
        case full
    }

    mutating func choose(for destination: Destination, avoiding refused: Set<LinkID>) -> Choice {
        switch destination {
        case .endpoint(let endpoint):
            let link = endpointLink(endpoint)
            guard let state = links[link], state.isConnected, !refused.contains(link) else { return .nobody }
            return state.inFlight < limits.callsInFlightPerInstance ? .link(link) : .full
        case .instance(let name):
            guard let entry = tables[name.service]?[instance: name.instance], entry.state == .up,
                !refused.contains(entry.link)
            else { return .nobody }
            return isFull(entry.link) ? .full : .link(entry.link)
        case .service(let service):
            guard let table = tables[service] else { return .nobody }
            var isSomebodyFull = false
            var candidates: [Balancer.Candidate] = []
            for entry in table.entries.values where entry.isRoutable && !refused.contains(entry.link) {
                let inFlight = links[entry.link]?.inFlight ?? 0
                guard inFlight < limits.callsInFlightPerInstance else {
                    isSomebodyFull = true
                    continue
                }
                candidates.append(
                    .init(link: entry.link, zone: entry.record.zone, weight: entry.record.weight, inFlight: inFlight))
            }
            if candidates.count > 1 { candidates.sort { $0.link < $1.link } }
            let link = Balancer.choose(among: candidates, zone: zone, using: &random)
            return link.map { .link($0) } ?? (isSomebodyFull ? .full : .nobody)
        }
    }

    private func isFull(_ link: LinkID) -> Bool { (links[link]?.inFlight ?? 0) >= limits.callsInFlightPerInstance }

    private mutating func send(_ identifier: MessageID, _ call: PendingCall, on link: LinkID, now: MeshInstant) {
        var call = call
        let remaining = call.deadline - now
        guard remaining > .zero else { return calls[identifier] = call }
        call.attempt += 1
        call.link = link
        calls[identifier] = call
        links[link]?.inFlight += 1
        var header = EventHeader(messageID: identifier)
        header.remainingMilliseconds = remaining.millisecondsRoundedUp
        header.traceparent = call.request.traceparent
        header.expectedEpoch = call.request.options.expectedEpoch
        header.idempotencyKey = call.request.options.idempotencyKey
        if call.attempt > 1 { header.attempt = call.attempt }
        let bytes = Event.encode(header, .method(call.request.method), arguments: call.request.arguments)
        guard bytes.count <= limits.messageBytes else {
            let error = MeshError(
                .badArguments,
                "\(describe(call.request)) takes \(bytes.count) bytes, at most \(limits.messageBytes) are sent: split it"
            )
            return finish(identifier, .failure(error), now: now)
        }
        actions.append(.send(link, bytes, identifier))
    }

    private mutating func wait(_ identifier: MessageID, now: MeshInstant) {
        guard let call = calls[identifier] else { return }
        // By the time that something changes, who refused it may take it.
        calls[identifier]?.refusedBy = []
        guard startWaiting(identifier, for: call.request.destination) else {
            let error = MeshError(
                .overloaded, "\(describe(call.request)): \(limits.callsWaitingPerService) calls wait already; slow down"
            )
            return finish(identifier, .failure(error), now: now)
        }
    }

    /// Whether there was room to wait.
    mutating func startWaiting(_ identifier: MessageID, for destination: Destination) -> Bool {
        let key = waitingKey(destination)
        guard waiting[key, default: []].count < limits.callsWaitingPerService else { return false }
        waiting[key, default: []].append(identifier)
        return true
    }

    private func waitingKey(_ destination: Destination) -> String {
        switch destination {
        case .service(let service): service
        case .instance(let name): name.service
        case .endpoint(let endpoint): endpoint
        }
    }

    /// Tries everything again that waits for a service or an endpoint.
    mutating func flushWaiting(for key: String, now: MeshInstant) {
        guard let identifiers = waiting.removeValue(forKey: key) else { return }
        for identifier in identifiers {
            if calls[identifier] != nil { dispatch(identifier, now: now) } else { dispatchStream(identifier, now: now) }
        }
    }

    // MARK: Ends

    /// The transport refused to send an event: it did not leave this process.
    public mutating func undeliverable(_ identifier: MessageID, on link: LinkID, now: MeshInstant) {
        if links[link]?.ping == identifier { return pingWasRefused(on: link, now: now) }
        if calls[identifier]?.link == link {
            release(identifier)
            calls[identifier]?.refusedBy.insert(link)
            dispatch(identifier, now: now)
        } else if streams[identifier]?.link == link {
            let error = MeshError(.unavailable, "the peer at \(links[link]?.endpoint ?? "?") cannot be reached")
            endStream(identifier, error, now: now)
        }
    }

    mutating func connectionLost(_ identifier: MessageID, _ endpoint: String, now: MeshInstant) {
        guard let call = calls[identifier] else { return }
        let description = describe(call.request)
        let error = MeshError(
            .connectionLost, "\(description) was sent to \(endpoint), then the connection broke: it may have run")
        guard call.request.options.isIdempotent, retries.withdraw() else {
            return finish(identifier, .failure(error), now: now)
        }
        calls[identifier]?.mayHaveRun = true
        release(identifier)
        dispatch(identifier, now: now)
    }

    /// The instance refused the call before running it: another may take it at once.
    mutating func refused(_ identifier: MessageID, _ error: MeshError, now: MeshInstant) {
        guard let call = calls[identifier], let link = call.link else { return }
        guard case .service = call.request.destination, call.request.options.expectedEpoch == nil else {
            return finish(identifier, .failure(error), now: now)
        }
        release(identifier)
        calls[identifier]?.refusedBy.insert(link)
        if error.code == .draining { peerIsDraining(link, now: now) }
        let refusedBy = calls[identifier]?.refusedBy ?? []
        if case .link = choose(for: call.request.destination, avoiding: refusedBy) {
            dispatch(identifier, now: now)
        } else if error.code == .draining {
            dispatch(identifier, now: now)
        } else {
            finish(identifier, .failure(error), now: now)
        }
        placeIsFree(on: link, now: now)
    }

    mutating func callIsDue(_ identifier: MessageID, now: MeshInstant) {
        guard let call = calls[identifier] else { return }
        guard now >= call.deadline else {
            waits.insert(.call(identifier), at: min(call.deadline, now + limits.heartbeat))
            return beat(identifier, on: call.link)
        }
        guard let link = call.link else { return finish(identifier, .failure(nobody(for: call.request)), now: now) }
        tellCancelled(identifier, on: link)
        let endpoint = links[link]?.endpoint ?? "?"
        let error = MeshError(
            .deadlineExceeded,
            "\(describe(call.request)) was sent to \(endpoint) and not answered within \(call.request.options.timeout): it may "
                + "have run")
        finish(identifier, .failure(error), now: now)
    }

    func nobody(for request: CallRequest) -> MeshError {
        let known = request.destination.service.map { service in
            let entries = tables[service]?.instances ?? []
            guard tables[service]?.hasSnapshot == true else { return "the registry has not been heard yet" }
            guard !entries.isEmpty else { return "no instance of it is registered; start one" }
            return entries.map { "\($0.record.name.instance) is \(describe($0))" }.joined(separator: ", ")
        }
        return MeshError(
            .unavailable, "\(describe(request)) found no instance to run it: \(known ?? "nobody listens there")")
    }

    private func describe(_ entry: RoutingTable.Entry) -> String {
        if entry.isDraining { return "draining" }
        switch entry.state {
        case .up: return entry.record.state.rawValue
        case .connecting: return "being connected to at \(entry.record.endpoint)"
        case .unresponsive: return "not answering pings"
        case .down: return "dead at \(entry.record.endpoint)"
        }
    }

    /// Takes a call off its connection.
    private mutating func release(_ identifier: MessageID) {
        guard let link = calls[identifier]?.link else { return }
        links[link]?.inFlight -= 1
        calls[identifier]?.link = nil
    }

    mutating func finish(_ identifier: MessageID, _ result: Result<Payload, MeshError>, now: MeshInstant) {
        guard let call = calls.removeValue(forKey: identifier) else { return }
        actions.append(.finish(identifier, call.mayHaveRun ? honest(result, for: call.request) : result))
        if let link = call.link {
            links[link]?.inFlight -= 1
            placeIsFree(on: link, now: now)
        } else {
            stopWaiting(identifier, for: call.request.destination)
        }
    }

    /// An error after which a caller might think that the call did not run is none for a call that was sent once and lost.
    private func honest(_ result: Result<Payload, MeshError>, for request: CallRequest) -> Result<Payload, MeshError> {
        guard case .failure(let error) = result, error.isRetrySafe else { return result }
        let text =
            "\(describe(request)) was sent and its connection broke, so that it may have run; trying again: \(error.message)"
        return .failure(MeshError(.connectionLost, text))
    }

    mutating func stopWaiting(_ identifier: MessageID, for destination: Destination) {
        waiting[waitingKey(destination)]?.removeAll { $0 == identifier }
    }

    /// A place at an instance has become free: the first that waits for that instance, or for any, takes it.
    mutating func placeIsFree(on link: LinkID, now: MeshInstant) {
        guard !waiting.isEmpty, let state = links[link], state.inFlight < limits.callsInFlightPerInstance else {
            return
        }
        let key = state.service ?? state.endpoint
        guard let index = waiting[key]?.firstIndex(where: { mayTakePlace($0, on: link, now: now) }),
            let next = waiting[key]?.remove(at: index)
        else { return }
        if calls[next] != nil { dispatch(next, now: now) } else { dispatchStream(next, now: now) }
    }

    private func mayTakePlace(_ identifier: MessageID, on link: LinkID, now: MeshInstant) -> Bool {
        // Its time is up and it has not been told yet: the place would go to nobody.
        if let call = calls[identifier], call.deadline <= now { return false }
        return switch (calls[identifier]?.request ?? streams[identifier]?.request)?.destination {
        case .service(let service): tables[service]?[link: link]?.isRoutable ?? false
        case .instance(let name):
            tables[name.service]?[instance: name.instance].map { $0.link == link && $0.state == .up } ?? false
        case .endpoint: links[link]?.isConnected ?? false
        case nil: false
        }
    }

    /// A channel that stays open for longer than a heartbeat shows the other side that somebody still waits.
    mutating func beat(_ identifier: MessageID, on link: LinkID?) {
        guard let link, links[link]?.isConnected == true else { return }
        let name = nextIdentifier()
        let bytes = Event.encode(EventHeader(messageID: name, responseTo: identifier), .heartbeat) { writer in
            writer.writeArrayHeader(1)
            writer.writeInt(0)
        }
        actions.append(.send(link, bytes, name))
    }

    func cancelBytes(_ identifier: MessageID, named name: MessageID) -> [UInt8] {
        Event.encode(EventHeader(messageID: name, responseTo: identifier), .cancel) { $0.writeArrayHeader(0) }
    }

    mutating func tellCancelled(_ identifier: MessageID, on link: LinkID?) {
        guard let link, links[link]?.service != nil, links[link]?.isConnected == true else { return }
        let name = nextIdentifier()
        actions.append(.send(link, cancelBytes(identifier, named: name), name))
    }
}
