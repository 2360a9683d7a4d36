internal import Mesh
internal import MessagePack

/// What a ZeroRPC server says of itself.
struct Inspection: Sendable {
    struct Method: Sendable {
        var name: String
        /// The arguments as they would be written: `height`, `depth=None`.
        var arguments: [String]
        /// What it does, without the indentation of a docstring.
        var documentation: String
    }

    var name: String
    var methods: [Method]

    /// Asks by `_zerorpc_inspect`, and where a server cannot answer that (Python's on 3.11 and later) method by method.
    ///
    /// - Throws: `MeshError`.
    static func of(
        _ destination: Destination, named target: String, timeout: Duration, _ session: MeshSession
    ) async throws -> Inspection {
        @Sendable func ask(_ method: String, _ arguments: MessagePackValue...) async throws -> MessagePackValue {
            var writer = MessagePackWriter()
            try writer.writeValue(.array(arguments))
            let request = CallRequest(
                destination, method, arguments: Payload(writer.bytes),
                options: CallOptions(timeout: timeout, isIdempotent: true))
            let payload = try await session.node.call(request)
            return try payload.withBytes { try MessagePackDecoder().decode(MessagePackValue.self, from: $0) }
        }
        do {
            return try Inspection(await ask("_zerorpc_inspect"), of: target)
        } catch let error as MeshError where isRefusal(error) {
            return try await piecemeal(of: target, ask)
        }
    }

    private static func piecemeal(
        of target: String, _ ask: @Sendable (String, MessagePackValue...) async throws -> MessagePackValue
    ) async throws -> Inspection {
        let names = try await ask("_zerorpc_list").arrayValue?.compactMap(\.stringValue) ?? []
        var methods: [Method] = []
        for name in names.prefix(maximumMethods) {
            let help = try await unlessRefused { try await ask("_zerorpc_help", .string(name)) }
            methods.append(Method(name: name, arguments: ["..."], documentation: trimmed(help?.stringValue)))
        }
        let name = try await unlessRefused { try await ask("_zerorpc_name") }
        return Inspection(name: name?.stringValue ?? target, methods: methods)
    }

    /// Nil where the server answers that it cannot say; a server that does not answer at all is an error.
    private static func unlessRefused(
        _ ask: () async throws -> MessagePackValue
    ) async throws -> MessagePackValue? {
        do {
            return try await ask()
        } catch let error as MeshError where isRefusal(error) {
            return nil
        }
    }

    private static func isRefusal(_ error: MeshError) -> Bool { [.remote, .unknownMethod].contains(error.code) }

    /// A server that names more methods than this is not asked about each.
    private static let maximumMethods = 1000

    init(name: String, methods: [Method]) {
        self.name = name
        self.methods = methods.sorted { $0.name < $1.name }
    }

    /// Reads `{name, methods: {name: {args: [{name, default?}], doc}}}`.
    ///
    /// - Throws: `MeshError` with the code `badReply` for anything else.
    init(_ value: MessagePackValue, of target: String) throws(MeshError) {
        guard let entries = value["methods"]?.mapValue else {
            throw MeshError(.badReply, "\(target) answered _zerorpc_inspect with something else than its methods")
        }
        self.init(
            name: value["name"]?.stringValue ?? target,
            methods: entries.compactMap { entry in
                guard let name = entry.key.stringValue else { return nil }
                return Method(
                    name: name, arguments: Self.arguments(entry.value["args"]),
                    documentation: Self.trimmed(entry.value["doc"]?.stringValue))
            })
    }

    private static func arguments(_ value: MessagePackValue?) -> [String] {
        // A server that does not know its arguments says nil.
        guard let list = value?.arrayValue else { return ["..."] }
        return list.compactMap { argument in
            guard let name = argument["name"]?.stringValue, name != "self" else { return nil }
            guard let standard = argument["default"] else { return name }
            return "\(name)=\(JSONText.compact(standard))"
        }
    }

    private static func trimmed(_ documentation: String?) -> String {
        (documentation ?? "").split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let start = line.firstIndex { $0 != " " && $0 != "\t" } ?? line.endIndex
                return line[start...]
            }
            .joined(separator: "\n").trimmingLines()
    }

    /// One object: `{name, methods: [{name, arguments, documentation}]}`.
    var json: MessagePackValue {
        .map([
            "name": .string(name),
            "methods": .array(
                methods.map { method in
                    .map([
                        "name": .string(method.name),
                        "arguments": .array(method.arguments.map { .string($0) }),
                        "documentation": .string(method.documentation),
                    ])
                }),
        ])
    }
}

extension String {
    /// Without empty lines at either end.
    fileprivate func trimmingLines() -> String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}
