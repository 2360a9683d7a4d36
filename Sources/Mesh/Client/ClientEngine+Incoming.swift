internal import MessagePack

extension ClientEngine {
    /// A peer sent something.
    public mutating func received(_ message: Payload, from link: LinkID, now: MeshInstant) {
        guard links[link] != nil else { return }
        let event: Event
        do throws(MeshError) {
            event = try Event(decoding: message)
        } catch {
            return actions.append(.note("\(links[link]?.endpoint ?? "?") sent what is no event: \(error.message)"))
        }
        guard let channel = event.header.responseTo else { return unsolicited(event, from: link, now: now) }
        if let call = calls[channel] {
            guard call.link == link else { return }
            answered(channel, by: event, now: now)
        } else if let stream = streams[channel] {
            guard stream.link == link else { return }
            streamEvent(event, of: channel, now: now)
        } else if links[link]?.ping == channel {
            pingWasAnswered(on: link, now: now)
        }
    }

    private mutating func unsolicited(_ event: Event, from link: LinkID, now: MeshInstant) {
        if event.name == .drain { peerIsDraining(link, now: now) }
    }

    private mutating func answered(_ identifier: MessageID, by event: Event, now: MeshInstant) {
        switch event.name {
        case .ok:
            finish(identifier, result(of: event), now: now)
        case .error:
            let error = error(from: event)
            if error.isRetrySafe {
                refused(identifier, error, now: now)
            } else {
                finish(identifier, .failure(error), now: now)
            }
        case .stream:
            tellCancelled(identifier, on: calls[identifier]?.link)
            let method = calls[identifier]?.request.method ?? "?"
            let error = MeshError(.badReply, "“\(method)” answers with a stream: open it as one")
            finish(identifier, .failure(error), now: now)
        case .streamDone:
            finish(
                identifier, .failure(MeshError(.badReply, "a stream without items came where one result was due")),
                now: now)
        default:
            break
        }
    }

    private mutating func streamEvent(_ event: Event, of identifier: MessageID, now: MeshInstant) {
        switch event.name {
        case .stream:
            streamItem(identifier, event.arguments, now: now)
        case .heartbeat:
            streams[identifier]?.lastBeat = now
        case .streamDone:
            endStream(identifier, nil, now: now)
        case .error:
            streamFailed(identifier, error(from: event), now: now)
        case .ok:
            // A method that is no stream: its result is the one item.
            if case .success(let payload) = result(of: event) { streamItem(identifier, payload, now: now) }
            endStream(identifier, nil, now: now)
        default:
            break
        }
    }

    /// The one element of the arguments of an OK event.
    private func result(of event: Event) -> Result<Payload, MeshError> {
        do {
            return .success(
                try event.arguments.withBytes { (bytes) throws(MessagePackError) in
                    var reader = MessagePackReader(bytes)
                    guard try reader.readArrayHeader() == 1 else {
                        throw MessagePackError(.typeMismatch, "a result is an array of one")
                    }
                    return event.arguments.part(reader.offset..<bytes.count)
                })
        } catch {
            return .failure(MeshError(.badReply, "the result could not be read: \(error.message)"))
        }
    }

    private func error(from event: Event) -> MeshError {
        let remote = RemoteError(decoding: event.arguments)
        let code =
            Refusal(rawValue: remote.name)?.code
            ?? (remote.name == RemoteError.unknownMethod ? .unknownMethod : .remote)
        return MeshError(code, remote.message, remoteName: remote.name, remoteTraceback: remote.traceback)
    }
}
