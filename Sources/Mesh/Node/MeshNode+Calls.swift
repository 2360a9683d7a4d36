internal import MessagePack

extension MeshNode {
    /// Calls a method and decodes its result.
    ///
    /// ```swift
    /// let greeting: String = try await node.call(.service("greeter"), "hello", "world")
    /// ```
    /// - Throws: ``MeshError``; its code says whether the call may have run.
    public func call<each Argument: Encodable & Sendable, Result: Decodable & Sendable>(
        _ destination: Destination, _ method: String, _ arguments: repeat each Argument,
        as type: Result.Type = Result.self,
        options: CallOptions = CallOptions()
    ) async throws -> Result {
        let request = CallRequest(
            destination, method, arguments: try Self.encode(repeat each arguments), options: options,
            traceparent: TraceContext.current?.traceparent)
        return try await Self.decode(Result.self, from: call(request), of: method)
    }

    /// Calls a method whose arguments are encoded already; gives the encoded result.
    ///
    /// - Throws: ``MeshError``.
    public func call(_ request: CallRequest) async throws -> Payload {
        guard !Task.isCancelled else {
            throw MeshError(.cancelled, "“\(request.method)” was not called: its caller is cancelled")
        }
        let identifier = nextIdentifier()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                submit(.call(identifier, request, continuation))
                // Cancelled since it was asked above, the cancellation may have been handed over first and found nothing.
                if Task.isCancelled { submit(.cancel(identifier)) }
            }
        } onCancel: {
            submit(.cancel(identifier))
        }
    }

    /// Opens a stream of one instance. It is closed when the sequence is let go of.
    public func stream<each Argument: Encodable & Sendable, Item: Decodable & Sendable>(
        _ destination: Destination, _ method: String, _ arguments: repeat each Argument, of item: Item.Type = Item.self,
        options: CallOptions = CallOptions()
    ) throws -> MeshStream<Item> {
        let request = CallRequest(
            destination, method, arguments: try Self.encode(repeat each arguments), options: options,
            traceparent: TraceContext.current?.traceparent)
        return stream(request)
    }

    /// Opens a stream whose arguments are encoded already.
    public func stream<Item: Decodable & Sendable>(_ request: CallRequest) -> MeshStream<Item> {
        let identifier = nextIdentifier()
        let submit = submit
        let mailbox = Mailbox<Payload>(tellEvery: configuration.limits.streamWindow / 4) { count in
            submit(.streamConsumed(identifier, count))
        }
        submit(.openStream(identifier, request, mailbox))
        return MeshStream(method: request.method, mailbox: mailbox) { submit(.closeStream(identifier)) }
    }

    static func encode<each Argument: Encodable>(_ arguments: repeat each Argument) throws -> Payload {
        var encoded: [[UInt8]] = []
        for argument in repeat each arguments { encoded.append(try MessagePackEncoder().encode(argument)) }
        var writer = MessagePackWriter(reservingCapacity: encoded.reduce(5) { $0 + $1.count })
        writer.writeArrayHeader(encoded.count)
        for argument in encoded { writer.writeRaw(argument) }
        return Payload(writer.bytes)
    }

    static func decode<Result: Decodable>(_ type: Result.Type, from payload: Payload, of method: String) throws
        -> Result
    {
        do {
            return try payload.withBytes { try MessagePackDecoder().decode(Result.self, from: $0) }
        } catch {
            throw MeshError(.badReply, "the result of “\(method)” is no \(Result.self): \(error)")
        }
    }
}

/// The items of a stream, in order, for one consumer. It ends when the sender ends it, with the sender's error if it has one.
public final class MeshStream<Item: Decodable & Sendable>: AsyncSequence, Sendable {
    private let method: String
    private let mailbox: Mailbox<Payload>
    private let close: @Sendable () -> Void

    init(method: String, mailbox: Mailbox<Payload>, close: @escaping @Sendable () -> Void) {
        self.method = method
        self.mailbox = mailbox
        self.close = close
    }

    deinit { close() }

    /// The one iterator of the stream.
    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Takes the items one after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: MeshStream

        /// The next item; nil at the end.
        public func next() async throws -> Item? {
            guard let payload = try await stream.mailbox.next() else { return nil }
            return try MeshNode.decode(Item.self, from: payload, of: stream.method)
        }
    }
}
