/// Names a subscription within its node.
public struct SubscriptionID: Sendable, Hashable, Comparable {
    /// The number of the subscription.
    public let number: UInt64

    /// Names a subscription.
    public init(_ number: UInt64) { self.number = number }

    /// Older is less.
    public static func < (left: SubscriptionID, right: SubscriptionID) -> Bool { left.number < right.number }
}

/// A subscription to one publication of all instances of a service.
struct Subscription: Sendable {
    /// The stream from one publisher.
    struct Source: Sendable {
        let stream: MessageID
        var nextSequence: UInt64 = 1
    }

    /// A publisher whose stream ended, and when it is asked again.
    struct Retry: Sendable {
        var at: MeshInstant
        var failures: Int
    }

    let service: String
    let publication: String
    let bound: Int
    var merger: Merger
    var sources: [LinkID: Source] = [:]
    var retries: [LinkID: Retry] = [:]
    /// Deliveries that the consumer has not taken yet.
    var unconsumed = 0

    var isFull: Bool { unconsumed >= bound }
}

extension ClientEngine {
    /// Subscribes to a publication: a stream from every instance that takes calls, merged by the rules of ``Merger``.
    public mutating func subscribe(
        to publication: String, of service: String, policy: Merger.Policy = .init(), now: MeshInstant
    ) -> SubscriptionID {
        lastSubscription += 1
        let identifier = SubscriptionID(lastSubscription)
        subscriptions[identifier] = Subscription(
            service: service, publication: publication, bound: limits.subscriptionBuffer, merger: Merger(policy: policy)
        )
        watch(service, now: now)
        refresh(identifier, now: now)
        return identifier
    }

    /// Ends a subscription and its streams.
    public mutating func unsubscribe(_ identifier: SubscriptionID, now: MeshInstant) {
        guard let subscription = subscriptions.removeValue(forKey: identifier) else { return }
        for source in subscription.sources.sorted(by: { $0.key < $1.key }).map(\.value) {
            closeStream(source.stream, now: now)
        }
    }

    /// The consumer took deliveries.
    public mutating func consumed(_ count: Int, of identifier: SubscriptionID) {
        guard let subscription = subscriptions[identifier] else { return }
        subscriptions[identifier]?.unconsumed -= count
        guard subscription.isFull else { return }
        for (_, source) in subscription.sources.sorted(by: { $0.key < $1.key }) { grantCredit(source.stream) }
    }

    /// What the merger of a subscription counted.
    public func statistics(of identifier: SubscriptionID) -> Merger.Statistics? {
        subscriptions[identifier]?.merger.statistics
    }

    /// Who is active in a subscription.
    public func activePublisher(of identifier: SubscriptionID) -> InstanceRecord? {
        guard let subscription = subscriptions[identifier], let link = subscription.merger.active else { return nil }
        return tables[subscription.service]?[link: link]?.record
    }

    /// Brings the streams of a subscription in line with the routing table.
    mutating func refresh(_ identifier: SubscriptionID, now: MeshInstant) {
        guard let subscription = subscriptions[identifier], let table = tables[subscription.service] else { return }
        subscriptions[identifier]?.merger.expected = table.expectedCount
        subscriptions[identifier]?.retries = subscription.retries.filter { table[link: $0.key] != nil }
        for (link, source) in subscription.sources.sorted(by: { $0.key < $1.key }) where table[link: link]?.state != .up
        {
            // Nothing may be assumed of what a peer sends that does not answer: its stream begins anew when it does.
            closeStream(source.stream, now: now)
        }
        for entry in table.instances where entry.state == .up {
            // One that is not ready, or not any more, takes part as long as its stream is open, but leads only where no other can.
            if entry.isDraining || entry.record.state != .ready {
                deliver(
                    subscriptions[identifier]?.merger.draining(entry.link, now: now) ?? [], to: identifier, now: now)
            } else if entry.isRoutable {
                subscriptions[identifier]?.merger.returned(entry.link)
                openSource(entry.link, of: identifier, now: now)
            }
        }
    }

    private mutating func openSource(_ link: LinkID, of identifier: SubscriptionID, now: MeshInstant) {
        guard let subscription = subscriptions[identifier], subscription.sources[link] == nil else { return }
        if let retry = subscription.retries[link], now < retry.at { return }
        let stream = nextIdentifier()
        let request = CallRequest(
            .service(subscription.service), subscription.publication,
            arguments: PublicationRequest(after: subscription.merger.current?.ordinal).encoded)
        streams[stream] = ClientStream(request: request, owner: .subscription(identifier), openedAt: now)
        waits.insert(.stream(stream), at: now + limits.heartbeat)
        subscriptions[identifier]?.sources[link] = Subscription.Source(stream: stream)
        subscriptions[identifier]?.merger.appeared(link)
        sendOpening(stream, on: link, now: now)
    }

    mutating func publicationItem(
        _ payload: Payload, on stream: MessageID, owner identifier: SubscriptionID, now: MeshInstant
    ) {
        guard let link = streams[stream]?.link, let source = subscriptions[identifier]?.sources[link],
            source.stream == stream
        else { return }
        do throws(MeshError) {
            let item = try PublishedItem(decoding: payload)
            guard item.sequence == source.nextSequence else {
                throw MeshError(
                    .badReply,
                    "item \(source.nextSequence) of \(item.publisher) is missing, \(item.sequence) came: asking again")
            }
            subscriptions[identifier]?.sources[link]?.nextSequence += 1
            subscriptions[identifier]?.retries[link] = nil
            let outputs = subscriptions[identifier]?.merger.received(item, from: link, now: now) ?? []
            deliver(outputs, to: identifier, now: now)
        } catch {
            actions.append(.note(error.message))
            tellCancelled(stream, on: link)
            endStream(stream, error, now: now)
        }
    }

    mutating func publicationEnded(
        _ stream: MessageID, owner identifier: SubscriptionID, error: MeshError?, now: MeshInstant
    ) {
        guard let found = subscriptions[identifier]?.sources.first(where: { $0.value.stream == stream }) else { return }
        let link = found.key
        subscriptions[identifier]?.sources[link] = nil
        if links[link] == nil || links[link]?.isConnected == false {
            subscriptions[identifier]?.retries[link] = nil
        } else {
            // Backoff from 100 ms to 3.2 s: a publisher that refuses its publication is asked again, not besieged.
            let failures = (subscriptions[identifier]?.retries[link]?.failures ?? 0) + 1
            let delay = random.jittered(.milliseconds(100) * (1 << min(failures - 1, 5)))
            subscriptions[identifier]?.retries[link] = .init(at: now + delay, failures: failures)
            waits.insert(.subscription(identifier), at: now + delay)
        }
        deliver(subscriptions[identifier]?.merger.lost(link, now: now) ?? [], to: identifier, now: now)
    }

    mutating func subscriptionIsDue(_ identifier: SubscriptionID, now: MeshInstant) {
        guard subscriptions[identifier] != nil else { return }
        deliver(subscriptions[identifier]?.merger.tick(now: now) ?? [], to: identifier, now: now)
        refresh(identifier, now: now)
    }

    private mutating func deliver(_ outputs: [Merger.Output], to identifier: SubscriptionID, now: MeshInstant) {
        for output in outputs {
            actions.append(.delivery(identifier, output))
            subscriptions[identifier]?.unconsumed += 1
        }
        if let deadline = subscriptions[identifier]?.merger.nextDeadline {
            waits.insert(.subscription(identifier), at: max(deadline, now))
        }
    }
}
