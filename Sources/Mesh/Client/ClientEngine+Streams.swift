internal import MessagePack

/// A stream that is being received.
struct ClientStream: Sendable {
    /// Who gets the items.
    enum Owner: Sendable, Hashable {
        case caller
        case subscription(SubscriptionID)
    }

    let request: CallRequest
    let owner: Owner
    let openedAt: MeshInstant
    /// Where it comes from; nil while it waits for an instance.
    var link: LinkID?
    var refusedBy: Set<LinkID> = []
    /// Items that the sender may still send.
    var credit = 1
    /// Items received and not yet taken by the consumer.
    var unconsumed = 0
    var hasBegun = false
    /// Between items, the other side's last sign of life; set at the first heartbeat at the latest.
    var lastBeat: MeshInstant?

    var method: String { request.method }
}

extension ClientEngine {
    /// Opens a stream under a name from ``nextIdentifier()``; it ends with exactly one `end`. `options.timeout` bounds the wait
    /// for an instance, and for the first item of one that gives no sign of life.
    public mutating func openStream(_ identifier: MessageID, _ request: CallRequest, now: MeshInstant) {
        if let service = request.destination.service { watch(service, now: now) }
        streams[identifier] = ClientStream(request: request, owner: .caller, openedAt: now)
        waits.insert(.stream(identifier), at: now + min(limits.heartbeat, request.options.timeout))
        dispatchStream(identifier, now: now)
    }

    /// The consumer gave up: the stream ends without an error, and its sender is told.
    public mutating func closeStream(_ identifier: MessageID, now: MeshInstant) {
        guard let stream = streams[identifier] else { return }
        tellCancelled(identifier, on: stream.link)
        endStream(identifier, nil, now: now)
    }

    /// The consumer took items: the sender may send as many more.
    public mutating func consumed(_ count: Int, of identifier: MessageID) {
        streams[identifier]?.unconsumed -= count
        grantCredit(identifier)
    }

    mutating func dispatchStream(_ identifier: MessageID, now: MeshInstant) {
        guard let stream = streams[identifier], stream.link == nil else { return }
        switch choose(for: stream.request.destination, avoiding: stream.refusedBy) {
        case .link(let link):
            sendOpening(identifier, on: link, now: now)
        case .nobody, .full:
            if stream.request.options.failsFast {
                endStream(identifier, nobody(for: stream.request), now: now)
            } else if !startWaiting(identifier, for: stream.request.destination) {
                endStream(
                    identifier, MeshError(.overloaded, "too much waits for \(stream.request.destination)"), now: now)
            }
        }
    }

    mutating func sendOpening(_ identifier: MessageID, on link: LinkID, now: MeshInstant) {
        guard let stream = streams[identifier] else { return }
        streams[identifier]?.link = link
        links[link]?.inFlight += 1
        var header = EventHeader(messageID: identifier)
        header.traceparent = stream.request.traceparent
        header.expectedEpoch = stream.request.options.expectedEpoch
        let bytes = Event.encode(header, .method(stream.method), arguments: stream.request.arguments)
        guard bytes.count <= limits.messageBytes else {
            let error = MeshError(
                .badArguments,
                "opening “\(stream.method)” takes \(bytes.count) bytes, at most \(limits.messageBytes) are sent: split it"
            )
            return endStream(identifier, error, now: now)
        }
        actions.append(.send(link, bytes, identifier))
        // A mesh peer is given the whole window at once: a burst needs no round trip. A stock ZeroRPC server has no channel to
        // take it to before its handler has begun, and drops it: it gets its credit with the first item.
        if links[link]?.service != nil { grantCredit(identifier) }
    }

    /// Grants what the window has room for, once that is half of it, so that grants are few.
    mutating func grantCredit(_ identifier: MessageID) {
        guard let stream = streams[identifier], let link = stream.link else { return }
        if case .subscription(let owner) = stream.owner, subscriptions[owner]?.isFull ?? true { return }
        let room = limits.streamWindow - stream.credit - stream.unconsumed
        guard room >= limits.streamWindow / 2, links[link]?.isConnected == true else { return }
        streams[identifier]?.credit += room
        let header = EventHeader(messageID: nextIdentifier(), responseTo: identifier)
        let bytes = Event.encode(header, .more) { writer in
            writer.writeArrayHeader(1)
            writer.writeInt(room)
        }
        // Under the stream's own name: credit that the transport refuses to carry would leave the stream standing for ever.
        actions.append(.send(link, bytes, identifier))
    }

    /// An item came; a sender that goes beyond its credit loses the stream.
    mutating func streamItem(_ identifier: MessageID, _ payload: Payload, now: MeshInstant) {
        guard let stream = streams[identifier] else { return }
        guard stream.credit > 0 else {
            tellCancelled(identifier, on: stream.link)
            let error = MeshError(.badReply, "the stream “\(stream.method)” sent more than it was given credit for")
            return endStream(identifier, error, now: now)
        }
        streams[identifier]?.credit -= 1
        streams[identifier]?.hasBegun = true
        switch stream.owner {
        case .caller:
            streams[identifier]?.unconsumed += 1
            actions.append(.item(identifier, payload))
            if !stream.hasBegun { grantCredit(identifier) }
        case .subscription(let owner):
            publicationItem(payload, on: identifier, owner: owner, now: now)
            grantCredit(identifier)
        }
    }

    /// The sender refused to begin: another may take the stream at once.
    mutating func streamFailed(_ identifier: MessageID, _ error: MeshError, now: MeshInstant) {
        guard let stream = streams[identifier], let link = stream.link, error.isRetrySafe, !stream.hasBegun,
            stream.owner == .caller, case .service = stream.request.destination,
            stream.request.options.expectedEpoch == nil
        else { return endStream(identifier, error, now: now) }
        if error.code == .draining { peerIsDraining(link, now: now) }
        links[link]?.inFlight -= 1
        streams[identifier]?.link = nil
        streams[identifier]?.refusedBy.insert(link)
        streams[identifier]?.credit = 1
        let refusedBy = streams[identifier]?.refusedBy ?? []
        if case .link = choose(for: stream.request.destination, avoiding: refusedBy) {
            dispatchStream(identifier, now: now)
        } else {
            endStream(identifier, error, now: now)
        }
        placeIsFree(on: link, now: now)
    }

    mutating func streamIsDue(_ identifier: MessageID, now: MeshInstant) {
        guard let stream = streams[identifier] else { return }
        let firstItemDeadline = stream.openedAt + stream.request.options.timeout
        if !stream.hasBegun, stream.owner == .caller, now >= firstItemDeadline,
            stream.lastBeat == nil || stream.link == nil
        {
            tellCancelled(identifier, on: stream.link)
            let error =
                stream.link == nil
                ? nobody(for: stream.request)
                : MeshError(
                    .deadlineExceeded,
                    "the stream “\(stream.method)” sent nothing within \(stream.request.options.timeout)")
            return endStream(identifier, error, now: now)
        }
        if stream.link != nil, let lastBeat = stream.lastBeat, now - lastBeat > limits.heartbeat * 2 {
            tellCancelled(identifier, on: stream.link)
            let error = MeshError(
                .peerLost, "the sender of “\(stream.method)” gave no sign of life for \(limits.heartbeat * 2)")
            return endStream(identifier, error, now: now)
        }
        if stream.link != nil, now - stream.openedAt >= limits.heartbeat {
            streams[identifier]?.lastBeat = stream.lastBeat ?? now
            beat(identifier, on: stream.link)
        }
        waits.insert(.stream(identifier), at: now + limits.heartbeat)
    }

    mutating func endStream(_ identifier: MessageID, _ error: MeshError?, now: MeshInstant) {
        guard let stream = streams.removeValue(forKey: identifier) else { return }
        if let link = stream.link {
            links[link]?.inFlight -= 1
            placeIsFree(on: link, now: now)
        } else {
            stopWaiting(identifier, for: stream.request.destination)
        }
        switch stream.owner {
        case .caller: actions.append(.end(identifier, error))
        case .subscription(let owner): publicationEnded(identifier, owner: owner, error: error, now: now)
        }
    }
}
