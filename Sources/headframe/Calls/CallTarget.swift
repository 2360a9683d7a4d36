internal import Mesh

/// What a command is to talk to: a service, one instance of it, or an endpoint beside the registry.
struct CallTarget: Sendable {
    let destination: Destination
    /// Who has to be registered before anything is sent; nil for an endpoint.
    let service: String?
    let instance: String?

    /// A service of the registry, or one instance of it.
    init(service: String, instance: String?) {
        self.service = service
        self.instance = instance
        destination = instance.map { .instance(InstanceName(service: service, instance: $0)) } ?? .service(service)
    }

    /// Whoever listens at an endpoint.
    ///
    /// - Throws: ``CommandFailure`` for what is no endpoint.
    init(endpoint: String) throws(CommandFailure) {
        let (scheme, place) = Self.parts(endpoint)
        guard scheme == "ipc" ? !place.isEmpty : scheme == "tcp" && Self.hasPort(place) else {
            throw CommandFailure(
                .usage, "“\(endpoint)” is no endpoint; give one such as tcp://127.0.0.1:4242 or ipc:///tmp/service")
        }
        destination = .endpoint("\(scheme)://\(place)")
        service = nil
        instance = nil
    }

    /// The scheme, tcp where there is none, and the rest.
    private static func parts(_ endpoint: String) -> (Substring, Substring) {
        guard let mark = endpoint.firstRange(of: "://") else { return ("tcp", endpoint[...]) }
        return (endpoint[..<mark.lowerBound], endpoint[mark.upperBound...])
    }

    private static func hasPort(_ place: Substring) -> Bool {
        guard let colon = place.lastIndex(of: ":"), colon != place.startIndex else { return false }
        return UInt16(place[place.index(after: colon)...]).map { $0 > 0 } ?? false
    }

    /// Whether the registry is needed to find it.
    var usesRegistry: Bool { service != nil }

    /// What it is called in messages.
    var description: String {
        switch destination {
        case .service(let service): service
        case .instance(let name): name.description
        case .endpoint(let endpoint): endpoint
        }
    }

    /// Makes sure that it is registered, where it has to be.
    ///
    /// - Parameter patience: How long a registry that cannot be reached is waited for.
    func check(_ session: MeshSession, patience: Duration = .zero) async throws {
        if let service { try await session.require(service, instance: instance, patience: patience) }
    }
}
