internal import MessagePack

extension ServiceDefinition {
    /// The methods that every ZeroRPC service has, and the sign of life of a mesh peer.
    ///
    /// Source: `_zerorpc_*` of zerorpc-python 0.6.3.
    func withIntrospection() -> ServiceDefinition {
        var service = self
        let described = descriptions
        let serviceName = name
        service.untypedMethod("_zerorpc_ping", "Answers “pong” and the name.") { _, _ in
            .array([.string("pong"), .string(serviceName)])
        }
        service.untypedMethod("_zerorpc_name", "The name of the service.") { _, _ in .string(serviceName) }
        service.untypedMethod("_zerorpc_list", "The names of the methods.") { _, _ in
            .array(described.map { .string($0.name) })
        }
        service.method("_zerorpc_help", "What a method does.", arguments: ["method"]) { (_, method: String) in
            try Self.find(method, in: described).documentation
        }
        service.untypedMethod("_zerorpc_args", "What a method takes.", arguments: ["method"]) { _, arguments in
            let method = try Self.find(arguments.first?.stringValue ?? "", in: described)
            let defaults = method.arguments.filter(\.isOptional).map { _ in MessagePackValue.null }
            return .array([
                .array(method.arguments.map { .string($0.name) }), .null, .null,
                defaults.isEmpty ? .null : .array(defaults),
            ])
        }
        service.untypedMethod("_zerorpc_inspect", "The methods with their arguments and documentation.") { _, _ in
            Self.inspection(of: serviceName, described)
        }
        service.untypedMethod("\(EventName.pingText)", "Shows that handlers are run.") { _, _ in .string("pong") }
        return service
    }

    private static func find(_ method: String, in described: [MethodDescription]) throws -> MethodDescription {
        guard let found = described.first(where: { $0.name == method }) else {
            throw UnknownMethod(remoteMessage: "there is no method “\(method)”; _zerorpc_list names them")
        }
        return found
    }

    private static func inspection(of name: String, _ described: [MethodDescription]) -> MessagePackValue {
        let methods = described.map { method -> (MessagePackValue, MessagePackValue) in
            let arguments = method.arguments.map { argument -> MessagePackValue in
                argument.isOptional
                    ? ["name": .string(argument.name), "default": .null] : ["name": .string(argument.name)]
            }
            return (.string(method.name), ["args": .array(arguments), "doc": .string(method.documentation)])
        }
        return ["name": .string(name), "methods": .map(methods.map { MessagePackMapEntry($0.0, $0.1) })]
    }
}

private struct UnknownMethod: RemoteFailure {
    var remoteName: String { RemoteError.unknownMethod }
    let remoteMessage: String
}
