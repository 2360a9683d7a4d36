/// Whether the imports of a file are those that its target declares, each with an access level.
enum ImportRules {
    /// What comes with the toolchain and needs no declaration.
    static let system: Set<String> = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Testing",
    ]

    struct Import: Equatable {
        /// Counted from 0.
        let line: Int
        let module: String
        let hasAccessLevel: Bool
    }

    static func findings(in file: SourceFile, of target: Manifest.Target) -> [Finding] {
        imports(in: file).flatMap { found -> [Finding] in
            var findings: [Finding] = []
            if !found.hasAccessLevel {
                findings.append(
                    file.finding(
                        found.line, "write “internal import \(found.module)”, or public where the API needs it"))
            }
            if !target.targets.union(target.products).union(system).contains(found.module) {
                findings.append(
                    file.finding(
                        found.line,
                        "“\(target.name)” imports \(found.module) without declaring it: add it to the target in Package.swift, "
                            + "if its level allows"))
            }
            return findings
        }
    }

    static func imports(in file: SourceFile) -> [Import] {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?<access>public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:typealias|struct|class|enum|protocol|let|var|func)\s+)?(?<module>\w+)/
        return file.code.enumerated().compactMap { line, code in
            guard code.contains("import"), let match = code.firstMatch(of: pattern) else { return nil }
            return Import(line: line, module: String(match.module), hasAccessLevel: match.access != nil)
        }
    }
}
