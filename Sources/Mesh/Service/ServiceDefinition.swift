public import MessagePack

/// What a service offers: its methods, streams and publications, each with its documentation.
///
/// ```swift
/// var service = ServiceDefinition(name: "greeter")
/// service.method("hello", "Greets somebody.", arguments: ["name"]) { (_, name: String) in "Hello, \(name)" }
/// ```
public struct ServiceDefinition: Sendable {
    /// Where a handler runs.
    public enum Execution: Sendable {
        /// On the pool of threads that Swift's tasks share: the right place for anything that computes.
        case pool
        /// On the I/O thread, for the lowest latency: only for handlers that never hold it, at most some microseconds.
        case loop
    }

    typealias UnaryHandler = @Sendable (CallContext, Payload) async throws -> [UInt8]
    typealias StreamHandler = @Sendable (CallContext, Payload, EncodedStreamWriter) async throws -> Void

    enum Kind: Sendable {
        case unary(UnaryHandler)
        case stream(StreamHandler)
        case publication
    }

    struct Method: Sendable {
        let description: MethodDescription
        let execution: Execution
        let kind: Kind
    }

    /// The name that it is found by.
    public let name: String
    private(set) var methods: [String: Method] = [:]

    /// A service without methods.
    public init(name: String) { self.name = name }

    /// What is offered, by name.
    public var descriptions: [MethodDescription] { methods.values.map(\.description).sorted { $0.name < $1.name } }

    mutating func add(
        _ name: String, _ documentation: String, _ arguments: [MethodDescription.Argument], _ execution: Execution,
        _ kind: Kind
    ) {
        precondition(methods[name] == nil, "the service “\(self.name)” has two methods “\(name)”: rename one")
        methods[name] = Method(
            description: MethodDescription(name: name, documentation: documentation, arguments: arguments),
            execution: execution, kind: kind)
    }

    /// Offers a method with one result.
    ///
    /// A caller that leaves trailing arguments out gets them as nil where the handler takes optionals; wrong ones get a
    /// `TypeError` without the handler being run. What the handler throws goes to the caller by its type's name, or as it
    /// says in ``RemoteFailure``.
    public mutating func method<each Argument: Decodable & Sendable, Result: Encodable & Sendable>(
        _ name: String, _ documentation: String, arguments: [MethodDescription.Argument] = [],
        execution: Execution = .pool,
        handler: @escaping @Sendable (CallContext, repeat each Argument) async throws -> Result
    ) {
        let description = MethodDescription(name: name, documentation: documentation, arguments: arguments)
        add(
            name, documentation, arguments, execution,
            .unary { context, payload in
                var list = try ArgumentList(payload, of: description)
                let decoded = (repeat try list.next((each Argument).self))
                try list.finish()
                return try MessagePackEncoder().encode(try await handler(context, repeat each decoded))
            })
    }

    /// Offers a method whose handler writes a stream of items; it ends when the handler returns.
    ///
    /// Each write waits until the caller has room for the item, and throws when the caller has gone.
    public mutating func stream<each Argument: Decodable & Sendable, Item: Encodable & Sendable>(
        _ name: String, _ documentation: String, arguments: [MethodDescription.Argument] = [],
        execution: Execution = .pool, of item: Item.Type,
        handler: @escaping @Sendable (CallContext, StreamWriter<Item>, repeat each Argument) async throws -> Void
    ) {
        let description = MethodDescription(name: name, documentation: documentation, arguments: arguments)
        add(
            name, documentation, arguments, execution,
            .stream { context, payload, writer in
                var list = try ArgumentList(payload, of: description)
                let decoded = (repeat try list.next((each Argument).self))
                try list.finish()
                try await handler(context, StreamWriter(writer), repeat each decoded)
            })
    }

    /// Offers a method in terms of values, for tools that learn its types at run time.
    public mutating func untypedMethod(
        _ name: String, _ documentation: String, arguments: [MethodDescription.Argument] = [],
        execution: Execution = .pool,
        handler: @escaping @Sendable (CallContext, [MessagePackValue]) async throws -> MessagePackValue
    ) {
        add(
            name, documentation, arguments, execution,
            .unary { context, payload in
                let values = try payload.withBytes {
                    try MessagePackDecoder().decode([MessagePackValue].self, from: $0)
                }
                return try MessagePackEncoder().encode(try await handler(context, values))
            })
    }

    /// Offers a publication: a stream that every subscriber gets, with the current item first.
    ///
    /// The node gives the way to publish: ``MeshNode/publish(_:at:key:as:)``.
    public mutating func publication<Item: Encodable & Sendable>(
        _ name: String, _ documentation: String, of item: Item.Type
    ) -> Publication<Item> {
        add(name, documentation, ["after?"], .pool, .publication)
        return Publication(name: name)
    }
}

/// A publication that a service offers.
public struct Publication<Item: Encodable & Sendable>: Sendable {
    /// The name that it is subscribed to by.
    public let name: String
}

/// An error that chooses the words in which it reaches the caller.
public protocol RemoteFailure: Error {
    /// What the error is called there, such as `UnknownJob`.
    var remoteName: String { get }
    /// What happened, to what, and what to do about it.
    var remoteMessage: String { get }
}
