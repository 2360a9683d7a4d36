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
