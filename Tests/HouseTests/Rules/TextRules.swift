/// The rules for every text file, whatever its language.
enum TextRules {
    static func findings(in file: SourceFile) -> [Finding] { machinePaths(in: file) + leftovers(in: file) }

    /// A path of somebody's machine works nowhere else.
    static func machinePaths(in file: SourceFile) -> [Finding] {
        let pattern = /(?:^|[^\w.\-\/~}])\/(?:work|root|home)\//
        return lines(of: file, matching: pattern) {
            $0.contains("/")
        }.map { file.finding($0, "a path of one machine: take it from the checkout, the environment or a setting") }
    }

    static func leftovers(in file: SourceFile) -> [Finding] {
        // In parts, because this file is looked at too.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        return lines(of: file, matching: /\b(?:TOD[O]|FIXM[E]|XX[X])\b/) { line in words.contains { line.contains($0) }
        }
        .map { file.finding($0, "left undone: do it, or open an issue and take the mark out") }
    }

    private static func lines(
        of file: SourceFile, matching pattern: some RegexComponent, where couldMatch: (String) -> Bool
    ) -> [Int] {
        file.lines.indices.filter { couldMatch(file.lines[$0]) && file.lines[$0].contains(pattern) }
    }
}
