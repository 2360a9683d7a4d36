internal import MessagePack

extension ServerEngine {
    /// A caller sent something.
    public mutating func received(_ message: Payload, from route: Route, now: MeshInstant) {
        let event: Event
        do throws(MeshError) {
            event = try Event(decoding: message)
        } catch {
            return actions.append(.note(kind: "malformed", "a message that is no event was dropped: \(error.message)"))
        }
        if let identifier = event.header.responseTo {
            channelEvent(event, on: ChannelKey(route: route, identifier: identifier), now: now)
        } else {
            request(event, on: ChannelKey(route: route, identifier: event.header.messageID), now: now)
        }
    }

    // MARK: A new request

    private mutating func request(_ event: Event, on key: ChannelKey, now: MeshInstant) {
        let method: String
        switch event.name {
        case .method(let name): method = name
        case .ping:
            method = "\(EventName.pingText)"
            rememberPeer(key.route, now: now)
        default:
            return actions.append(.note(kind: "stray", "“\(event.name)” came without the channel that it belongs to"))
        }
        guard channels[key] == nil, !working.contains(key) else {
            return actions.append(
                .note(kind: "duplicate", "a request for “\(method)” used the name of one that is running"))
        }
        guard let kind = methods[method] else {
            return refuse(
                key, method: method,
                RemoteError(
                    name: RemoteError.unknownMethod, message: "there is no method “\(method)”; _zerorpc_list names them"
                ))
        }
        if let refusal = refusal(for: event, method: method, kind: kind) { return refuse(key, method: method, refusal) }
        var channel = Channel(method: method, openedAt: now)
        if let remaining = event.header.remainingMilliseconds {
            // Nobody waits for the answer to a request that took too long to get here.
            guard remaining > 0 else { return }
            channel.deadline = now + .milliseconds(min(remaining, 86_400_000))
        }
        let next = now + limits.heartbeat
        switch kind {
        case .publication:
            openPublication(channel, event, on: key, now: now)
        case .handler:
            channels[key] = channel
            working.insert(key)
            waits.insert(key, at: channel.deadline.map { min($0, next) } ?? next)
            waits.compact(liveCount: channels.count) { channels[$0] != nil }
            actions.append(
                .invoke(Invocation(channel: key, method: method, arguments: event.arguments, header: event.header)))
        }
    }

    /// Introspection and signs of life go on while a node drains.
    private func refusal(for event: Event, method: String, kind: MethodKind) -> RemoteError? {
        if let expected = event.header.expectedEpoch, expected != epoch {
            return RemoteError(
                name: Refusal.wrongEpoch.rawValue, message: "the call is for epoch \(expected), this is \(epoch)")
        }
        if isDraining, !method.hasPrefix("_") {
            return RemoteError(
                name: Refusal.draining.rawValue, message: "this instance takes nothing new; call another")
        }
        let isFull =
            switch kind {
            case .handler: runningCount >= limits.callsRunning
            case .publication: subscriberCount >= limits.streamsServed
            }
        guard isFull else { return nil }
        return RemoteError(
            name: Refusal.overloaded.rawValue, message: "this instance has as much to do as it may have; call another")
    }

    private mutating func refuse(_ key: ChannelKey, method: String, _ error: RemoteError) {
        actions.append(.send(key.route, Event.encode(replyHeader(key), .error) { error.write(to: &$0) }))
        actions.append(.ended(method: methods[method] == nil ? "?" : method, outcome: .refused, took: nil))
    }

    private mutating func rememberPeer(_ route: Route, now: MeshInstant) {
        if peers[route] == nil, peers.count >= limits.streamsServed {
            // Looked through once in a while only, and who finds no room is not told of a drain: that costs nobody else.
            guard now - peersSweptAt >= limits.pingInterval else { return }
            peersSweptAt = now
            peers = peers.filter { now - $0.value < limits.pingTimeout * 4 }
            guard peers.count < limits.streamsServed else { return }
        }
        peers[route] = now
    }

    // MARK: Within a channel

    private mutating func channelEvent(_ event: Event, on key: ChannelKey, now: MeshInstant) {
        guard let channel = channels[key] else { return }
        switch event.name {
        case .heartbeat:
            channels[key]?.lastBeat = now
        case .more:
            guard let credit = Self.credit(of: event) else {
                return actions.append(.note(kind: "credit", "_zpc_more takes an array of one number"))
            }
            if channel.isPublication {
                sendItems(publications[channel.method]?.grant(credit, to: key) ?? [])
            } else {
                channels[key]?.credit = min(channel.credit + credit, Int(Int32.max))
                flushOwed(key)
            }
        case .cancel:
            actions.append(.cancel(key, reason: MeshError(.cancelled, "the caller of “\(channel.method)” gave it up")))
            close(key, .cancelled, now: now)
        default:
            actions.append(.note(kind: "stray", "“\(event.name)” has no meaning from a caller"))
        }
    }

    private static func credit(of event: Event) -> Int? {
        event.arguments.withBytes { bytes in
            var reader = MessagePackReader(bytes)
            guard let count = try? reader.readArrayHeader(), count == 1, let credit = try? reader.readInt() else {
                return nil
            }
            return (0...Int64(Int32.max)).contains(credit) ? Int(credit) : nil
        }
    }

    // MARK: What handlers send

    /// A handler returned: its encoded result ends the request.
    public mutating func reply(_ key: ChannelKey, _ result: Payload, now: MeshInstant) {
        working.remove(key)
        guard channels[key] != nil else { return }
        let bytes = Event.encode(replyHeader(key), .ok, capacity: 160 + result.count) { writer in
            writer.writeArrayHeader(1)
            result.withBytes { writer.writeRaw($0) }
        }
        guard bytes.count <= limits.messageBytes else {
            return fail(
                key, name: "ResultTooLarge",
                message: "the result takes \(bytes.count) bytes, at most \(limits.messageBytes) are sent",
                now: now)
        }
        actions.append(.send(key.route, bytes))
        close(key, .ok, now: now)
    }

    /// A handler threw: its error ends the request.
    public mutating func fail(_ key: ChannelKey, name: String, message: String, now: MeshInstant) {
        working.remove(key)
        guard channels[key] != nil else { return }
        let error = RemoteError(name: name, message: message)
        actions.append(.send(key.route, Event.encode(replyHeader(key), .error) { error.write(to: &$0) }))
        close(key, .error, now: now)
    }

    /// A stream's handler returned: the stream ends.
    public mutating func endStream(_ key: ChannelKey, now: MeshInstant) {
        working.remove(key)
        guard channels[key] != nil else { return }
        actions.append(.send(key.route, Event.encode(replyHeader(key), .streamDone) { $0.writeNil() }))
        close(key, .ok, now: now)
    }

    /// A stream's handler wrote an item; it may write the next after `resume`.
    public mutating func write(_ item: Payload, to key: ChannelKey) {
        guard channels[key] != nil else { return actions.append(.resume(key)) }
        channels[key]?.owed = item
        flushOwed(key)
    }

    private mutating func flushOwed(_ key: ChannelKey) {
        guard let channel = channels[key], let owed = channel.owed, channel.credit > 0 else { return }
        channels[key]?.owed = nil
        channels[key]?.credit -= 1
        actions.append(.send(key.route, Event.encode(replyHeader(key), .stream, arguments: owed)))
        actions.append(.resume(key))
    }

    // MARK: Publications

    /// Makes an item the current one of a publication and sends it to everybody who listens.
    public mutating func publish(_ item: PublishedItem, as publication: String) {
        sendItems(publications[publication]?.publish(item) ?? [])
    }

    private mutating func openPublication(_ channel: Channel, _ event: Event, on key: ChannelKey, now: MeshInstant) {
        let request: PublicationRequest
        do throws(MeshError) {
            request = try PublicationRequest(decoding: event.arguments)
        } catch {
            return refuse(
                key, method: channel.method, RemoteError(name: RemoteError.badArguments, message: error.message))
        }
        var channel = channel
        channel.isPublication = true
        channel.deadline = nil
        channels[key] = channel
        waits.insert(key, at: now + limits.heartbeat)
        sendItems(publications[channel.method]?.subscribe(key, after: request.after) ?? [])
    }

    private mutating func sendItems(_ items: [(ChannelKey, PublishedItem)]) {
        for (key, item) in items {
            actions.append(
                .send(
                    key.route,
                    Event.encode(replyHeader(key), .stream, capacity: 1024 + item.item.count) { item.write(to: &$0) }))
        }
    }
}
