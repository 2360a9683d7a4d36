/// Whether the documents name what is there, and nothing else.
enum DocumentRules {
    /// Every folder of code has its row in the table of `docs/ARCHITECTURE.md`: `| folder | level | sentence |`.
    static func architecture(_ document: SourceFile, folders: [String]) -> [Finding] {
        let rows = document.lines.enumerated().compactMap { line, text in Row(line, text) }
        let missing = folders.filter { folder in !rows.contains { $0.folder == folder } }.map {
            document.finding(0, "no row for \($0): add “| `\($0)` | level | One sentence. |”")
        }
        return missing + rows.flatMap { row in findings(row, in: document, folders: folders) }
    }

    private static func findings(_ row: Row, in document: SourceFile, folders: [String]) -> [Finding] {
        var findings: [Finding] = []
        if !folders.contains(row.folder) {
            findings.append(document.finding(row.line, "there is no folder \(row.folder): take the row out"))
        }
        let name = String(row.folder.split(separator: "/").last ?? "")
        let level = Levels.kits.contains(name) ? "kit" : Levels.level(of: name).map(String.init)
        if let level, row.level != level {
            findings.append(
                document.finding(row.line, "\(row.folder) is on level \(level) in Levels.swift, here on \(row.level)"))
        }
        if !row.sentence.hasSuffix(".") || row.sentence.split(separator: " ").count < 4 {
            findings.append(document.finding(row.line, "say in a sentence what \(row.folder) is for"))
        }
        return findings
    }

    private struct Row {
        let line: Int
        let folder: String
        let level: String
        let sentence: String

        init?(_ line: Int, _ text: String) {
            let pattern = /^\| `((?:Sources|services)\/\w+)` \| *(\w+) *\| *(.*?) *\|$/
            guard let match = text.firstMatch(of: pattern) else { return nil }
            self.line = line
            folder = String(match.1)
            level = String(match.2)
            sentence = String(match.3)
        }
    }

    /// Links to files lead somewhere, and Swift files that are named with a folder exist.
    static func references(in document: SourceFile, to paths: Set<String>) -> [Finding] {
        document.lines.enumerated().flatMap { line, text -> [Finding] in
            let links = text.matches(of: /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/).map {
                resolve($0.1, from: document.path)
            }
            let files = text.matches(of: /`([\w\/+.-]+\/[\w+-]+\.swift)`/).map { String($0.1) }
            return links.filter { link in !paths.contains { $0 == link || $0.hasPrefix(link + "/") } }.map {
                document.finding(line, "the link leads nowhere: there is no \($0)")
            }
                + files.filter { file in !paths.contains { $0 == file || $0.hasSuffix("/" + file) } }.map {
                    document.finding(line, "there is no file \($0): name the one that is meant")
                }
        }
    }

    /// A link as a path from the project's root.
    private static func resolve(_ link: Substring, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast()
        for part in link.split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// A document that shows a file in whole shows it as it is.
    static func showing(_ file: SourceFile, in document: SourceFile) -> [Finding] {
        let starts = document.lines.indices.dropLast(max(0, file.lines.count - 1))
        guard !starts.contains(where: { document.lines[$0...].starts(with: file.lines) }) else { return [] }
        return [document.finding(0, "it shows \(file.path) other than it is: paste it again")]
    }

    /// Every dependency on something outside has its reason in the decision on dependencies.
    static func dependencies(of manifest: Manifest, in decision: SourceFile) -> [Finding] {
        let outside = manifest.targets.reduce(into: Set<String>()) { outside, target in
            outside.formUnion(target.products)
            if target.kind == .system { outside.insert(target.name) }
        }
        return outside.sorted().filter { name in !decision.lines.contains { $0.contains("`\(name)`") } }.map {
            decision.finding(0, "`\($0)` is depended on without a reason: add a line, or do without")
        }
    }

    /// Decisions are numbered from 0001 on, each number once, and begin with their title.
    static func decisions(_ files: [SourceFile]) -> [Finding] {
        let pages = files.filter { $0.isIn("docs/decisions") }.sorted { $0.path < $1.path }
        return pages.enumerated().flatMap { index, page -> [Finding] in
            let digits = String(index + 1)
            let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            var findings: [Finding] = []
            if page.path.firstMatch(of: /^docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/)?.1 != Substring(number) {
                findings.append(page.finding(0, "the next decision is \(number)-some-words.md: rename this one"))
            }
            for heading in ["## Context", "## Decision", "## Consequence"] where !page.lines.contains(heading) {
                findings.append(page.finding(0, "a decision has the part “\(heading)”: add it"))
            }
            return findings
        }
    }
}
