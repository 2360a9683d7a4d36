internal import Mesh

extension CommandFailure {
    /// The failure of a call, with what an operator can do about it.
    init(_ error: MeshError, calling target: CallTarget) {
        let failure = CommandFailure(error)
        self.init(failure.status, failure.message + (CallAdvice.on(error, from: target).map { "; \($0)" } ?? ""))
    }
}

/// What an operator can do about a call that failed, where the libraries cannot know it: they do not know the command line.
enum CallAdvice {
    /// Nil where the error says all there is to say.
    static func on(_ error: MeshError, from target: CallTarget) -> String? {
        switch (error.code, error.remoteName) {
        case (.unknownMethod, _):
            "\(inspect(target)) lists the methods"
        case (.badArguments, _), (.remote, "TypeError"):
            "arguments are JSON, in which a string of digits is written '\"7\"'; \(inspect(target)) shows what a method takes"
        case (.unavailable, _) where target.usesRegistry:
            "an instance that cannot be reached may be dead: headframe doctor tells more"
        default: nil
        }
    }

    private static func inspect(_ target: CallTarget) -> String {
        switch target.destination {
        case .service(let service): "headframe inspect \(service)"
        case .instance(let name): "headframe inspect \(name.service) --instance \(name.instance)"
        case .endpoint(let endpoint): "headframe inspect --endpoint \(endpoint)"
        }
    }
}
