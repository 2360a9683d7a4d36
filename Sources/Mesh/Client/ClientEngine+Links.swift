internal import MessagePack

/// What the transport tells of a connection.
public enum LinkEvent: Sendable, Hashable {
    /// A handshake succeeded with whoever listens at the endpoint now.
    case connected
    /// The connection broke, or the peer stopped answering the transport's heartbeats.
    case disconnected
}

/// One connection as the engine sees it.
struct Link: Sendable {
    /// The service of a mesh peer; nil for a peer outside the registry.
    let service: String?
    let endpoint: String
    /// Calls and streams in flight.
    var inFlight = 0
    var isConnected = false
    var ping: MessageID?
    var pingSentAt: MeshInstant = .zero
    var lastAnswerAt: MeshInstant = .zero
    /// When the connection is looked at next; what else the queue says of it is out of date.
    var dueAt: MeshInstant?
}

extension ClientEngine {
    /// Follows a service from now on.
    public mutating func watch(_ service: String, now: MeshInstant) {
        guard tables[service] == nil else { return }
        tables[service] = RoutingTable(service: service, limits: limits)
        for event in lastRegistry { apply(event, to: service, now: now) }
        if tables.count == 1 { waits.insert(.tables, at: now + Self.tableInterval) }
    }

    /// How often dead and unlisted instances are looked through.
    private static var tableInterval: Duration { .seconds(1) }

    /// The registry said something.
    public mutating func registry(_ event: RegistryEvent, now: MeshInstant) {
        remember(event)
        for service in tables.keys.sorted() { apply(event, to: service, now: now) }
    }

    /// Keeps what a service that is watched later has to know: the last snapshot and what came after.
    private mutating func remember(_ event: RegistryEvent) {
        switch event {
        case .snapshot: lastRegistry = [event]
        case .updated, .left: lastRegistry.append(event)
        case .unreachable, .reachable: break
        }
        // A registry repeats its snapshot long before that; without one the oldest changes are no news to anybody.
        if lastRegistry.count > 4096 { lastRegistry.removeSubrange(1..<2048) }
    }

    private mutating func apply(_ event: RegistryEvent, to service: String, now: MeshInstant) {
        var last = lastLink
        let changes = tables[service]?.apply(event, now: now) {
            last += 1
            return LinkID(last)
        }
        lastLink = last
        carryOut(changes ?? [], service: service, now: now)
        tableChanged(service, now: now)
    }

    mutating func carryOut(_ changes: [RoutingTable.Action], service: String, now: MeshInstant) {
        for change in changes {
            switch change {
            case .open(let link, let endpoint, let routingID):
                links[link] = Link(service: service, endpoint: endpoint)
                actions.append(.open(link, endpoint: endpoint, routingID: routingID))
            case .close(let link):
                drop(link, now: now)
            }
        }
    }

    /// Forgets a connection; what was in flight there ends.
    private mutating func drop(_ link: LinkID, now: MeshInstant) {
        guard links[link] != nil else { return }
        failEverything(on: link, now: now)
        links[link] = nil
        actions.append(.close(link))
    }

    /// The transport noticed something about a connection.
    public mutating func link(_ link: LinkID, _ event: LinkEvent, now: MeshInstant) {
        guard let state = links[link] else { return }
        switch event {
        case .connected:
            links[link]?.isConnected = true
            if state.service == nil {
                flushWaiting(for: state.endpoint, now: now)
            } else {
                links[link]?.lastAnswerAt = now
                sendPing(on: link, now: now)
            }
        case .disconnected:
            links[link]?.isConnected = false
            links[link]?.ping = nil
            guard let service = state.service else { return failEverything(on: link, now: now) }
            let changes = tables[service]?.setState(.down(since: now), of: link, now: now) ?? []
            failEverything(on: link, now: now)
            carryOut(changes, service: service, now: now)
            tableChanged(service, now: now)
        }
    }

    private mutating func failEverything(on link: LinkID, now: MeshInstant) {
        let endpoint = links[link]?.endpoint ?? "?"
        for identifier in calls.filter({ $0.value.link == link }).keys.sorted() {
            connectionLost(identifier, endpoint, now: now)
        }
        for (identifier, stream) in streams.filter({ $0.value.link == link }).sorted(by: { $0.key < $1.key }) {
            let error = MeshError(
                .connectionLost, "the stream “\(stream.method)” from \(endpoint) broke with its connection")
            endStream(identifier, error, now: now)
        }
    }

    // MARK: Signs of life

    private mutating func sendPing(on link: LinkID, now: MeshInstant) {
        let identifier = nextIdentifier()
        links[link]?.ping = identifier
        links[link]?.pingSentAt = now
        let bytes = Event.encode(EventHeader(messageID: identifier), .ping) { $0.writeArrayHeader(0) }
        actions.append(.send(link, bytes, identifier))
        look(at: link, at: now + limits.pingInterval)
    }

    private mutating func look(at link: LinkID, at time: MeshInstant) {
        links[link]?.dueAt = time
        waits.insert(.link(link), at: time)
    }

    /// How soon a ping that the transport refused is sent again: a route exists a moment after the handshake.
    private static var refusedPingInterval: Duration { .milliseconds(2) }

    mutating func pingWasRefused(on link: LinkID, now: MeshInstant) {
        links[link]?.ping = nil
        // Somebody else listens there when the route does not come to exist soon: then slowly is often enough.
        let state = links[link].flatMap { $0.service }.flatMap { tables[$0]?[link: link] }?.state
        let age = (links[link]?.lastAnswerAt).map { now - $0 } ?? .zero
        let isFresh = state != .up && age < .milliseconds(100)
        look(at: link, at: now + (isFresh ? Self.refusedPingInterval : limits.pingInterval))
    }

    mutating func pingWasAnswered(on link: LinkID, now: MeshInstant) {
        links[link]?.ping = nil
        links[link]?.lastAnswerAt = now
        guard let service = links[link]?.service, let entry = tables[service]?[link: link], entry.state != .up else {
            return
        }
        carryOut(tables[service]?.setState(.up, of: link, now: now) ?? [], service: service, now: now)
        tableChanged(service, now: now)
    }

    mutating func linkIsDue(_ link: LinkID, now: MeshInstant) {
        guard let state = links[link], let service = state.service, state.isConnected, let dueAt = state.dueAt,
            now >= dueAt
        else { return }
        links[link]?.dueAt = nil
        guard state.ping != nil else { return sendPing(on: link, now: now) }
        // A ping is under way.
        guard now - state.pingSentAt >= limits.pingTimeout else {
            return look(at: link, at: state.pingSentAt + limits.pingTimeout)
        }
        if tables[service]?[link: link]?.state == .up {
            actions.append(
                .note("\(state.endpoint) is connected and leaves pings unanswered: nothing new is sent there"))
            _ = tables[service]?.setState(.unresponsive, of: link, now: now)
            tableChanged(service, now: now)
        }
        sendPing(on: link, now: now)
    }

    mutating func peerIsDraining(_ link: LinkID, now: MeshInstant) {
        guard let service = links[link]?.service else { return }
        tables[service]?.setDraining(link)
        tableChanged(service, now: now)
    }

    mutating func tablesAreDue(now: MeshInstant) {
        for service in tables.keys.sorted() {
            let changes = tables[service]?.tick(now: now) ?? []
            guard !changes.isEmpty else { continue }
            carryOut(changes, service: service, now: now)
            tableChanged(service, now: now)
        }
        waits.insert(.tables, at: now + Self.tableInterval)
    }

    /// Brings everything that depends on a routing table up to date.
    private mutating func tableChanged(_ service: String, now: MeshInstant) {
        actions.append(.tableChanged(service))
        for identifier in subscriptions.keys.sorted() where subscriptions[identifier]?.service == service {
            refresh(identifier, now: now)
        }
        flushWaiting(for: service, now: now)
    }

    /// The connection to a peer outside the registry, made when it is first asked for.
    mutating func endpointLink(_ endpoint: String) -> LinkID {
        if let link = endpoints[endpoint] { return link }
        lastLink += 1
        let link = LinkID(lastLink)
        endpoints[endpoint] = link
        links[link] = Link(service: nil, endpoint: endpoint)
        actions.append(.open(link, endpoint: endpoint, routingID: nil))
        return link
    }
}
