internal import Foundation

/// What `Package.swift` declares, as `swift package dump-package` prints it.
struct Manifest: Sendable {
    enum Kind: String, Sendable, Decodable {
        case regular, executable, test, system, macro, plugin, binary
    }

    struct Target: Sendable {
        let name: String
        let kind: Kind
        /// The folder of its sources.
        let path: String
        /// The targets of this package that it depends on.
        let targets: Set<String>
        /// The products of other packages that it depends on. Each has one module of its own name.
        let products: Set<String>
    }

    let targets: [Target]

    init(targets: [Target]) { self.targets = targets }

    /// Reads what `swift package dump-package` printed.
    init(dumped json: String) throws {
        let dump = try JSONDecoder().decode(Dump.self, from: Data(json.utf8))
        let names = Set(dump.targets.map(\.name))
        targets = dump.targets.map { target in
            let dependencies = Set(target.dependencies.compactMap(\.name))
            return Target(
                name: target.name, kind: target.type,
                path: target.path ?? (target.type == .test ? "Tests/" : "Sources/") + target.name,
                targets: dependencies.intersection(names), products: dependencies.subtracting(names))
        }
    }

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    /// The target whose folder a file lies in.
    func target(of file: SourceFile) -> Target? { targets.first { file.isIn($0.path) } }

    /// Everything of this package that a target depends on, directly or through others.
    func reach(of target: Target) -> Set<String> {
        var reached: Set<String> = []
        var next = target.targets
        while let name = next.popFirst() {
            guard reached.insert(name).inserted, let target = self[name] else { continue }
            next.formUnion(target.targets)
        }
        return reached
    }
}

private struct Dump: Decodable {
    struct Target: Decodable {
        let name: String
        let type: Manifest.Kind
        let path: String?
        let dependencies: [Dependency]
    }

    /// One of `{"byName": [name, condition]}`, `{"product": [name, package, ...]}` and `{"target": [name, condition]}`.
    struct Dependency: Decodable {
        let name: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Kind.self)
            guard let kind = container.allKeys.first else { throw unreadable(container) }
            var list = try container.nestedUnkeyedContainer(forKey: kind)
            name = try list.decodeIfPresent(String.self)
        }

        enum Kind: String, CodingKey {
            case byName, product, target
        }
    }

    let targets: [Target]
}

private func unreadable(_ container: KeyedDecodingContainer<Dump.Dependency.Kind>) -> DecodingError {
    .dataCorrupted(
        .init(
            codingPath: container.codingPath,
            debugDescription: "a dependency is neither byName nor product nor target: teach Manifest.swift the new kind"
        ))
}
