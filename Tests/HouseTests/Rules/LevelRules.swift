/// Whether the targets depend on each other as the architecture says.
enum LevelRules {
    static func findings(in manifest: Manifest) -> [Finding] {
        manifest.targets.flatMap { target in
            named(target, in: manifest) + downward(target, in: manifest) + kitsOutside(target, in: manifest)
                + forbidden(target, in: manifest)
        }
    }

    /// Everything but tests and kits has a level; tests are named after what they test.
    private static func named(_ target: Manifest.Target, in manifest: Manifest) -> [Finding] {
        if target.kind == .test {
            let isNamed =
                Levels.generalTests.contains(target.name)
                || manifest.targets.contains { "\($0.name)Tests".lowercased() == target.name.lowercased() }
            return isNamed
                ? [] : [finding("the tests “\(target.name)” are named after no target: call them <Target>Tests")]
        }
        guard Levels.level(of: target.name) == nil, !Levels.kits.contains(target.name) else { return [] }
        return [
            finding(
                "“\(target.name)” has no level: give it one in Levels.swift and a sentence in docs/ARCHITECTURE.md")
        ]
    }

    private static func downward(_ target: Manifest.Target, in manifest: Manifest) -> [Finding] {
        guard let level = Levels.level(of: target.name) else { return [] }
        return target.targets.sorted().compactMap { dependency in
            guard let below = Levels.level(of: dependency), below >= level else { return nil }
            return finding(
                "“\(target.name)” (level \(level)) depends on “\(dependency)” (level \(below)): imports run downward only"
            )
        }
    }

    private static func kitsOutside(_ target: Manifest.Target, in manifest: Manifest) -> [Finding] {
        guard target.kind != .test, !Levels.kits.contains(target.name) else { return [] }
        return manifest.reach(of: target).intersection(Levels.kits).sorted().map {
            finding("“\(target.name)” reaches the test kit “\($0)”: only tests and kits may")
        }
    }

    private static func forbidden(_ target: Manifest.Target, in manifest: Manifest) -> [Finding] {
        Levels.forbidden.filter { $0.target == target.name }.flatMap { rule in
            manifest.reach(of: target).intersection(rule.reach).sorted().map {
                finding("“\(target.name)” reaches “\($0)”: \(rule.reason)")
            }
        }
    }

    private static func finding(_ advice: String) -> Finding { Finding(path: "Package.swift", line: 1, advice: advice) }
}
