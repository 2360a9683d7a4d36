/// The house rules that one Swift file can break by itself.
enum CodeRules {
    static let longestFile = 400
    static let longestMain = 60
    /// How far above an unstructured task its reason may stand.
    static let reasonReach = 6

    static func findings(in file: SourceFile) -> [Finding] {
        length(of: file) + unstructuredTasks(in: file) + sleeps(in: file) + prints(in: file)
    }

    static func length(of file: SourceFile) -> [Finding] {
        guard file.lines.count > longestFile else { return [] }
        return [
            file.finding(
                longestFile,
                "the file has \(file.lines.count) lines, \(longestFile) are the most: split it by what its parts are about"
            )
        ]
    }

    /// Unstructured tasks escape cancellation and the simulator; one that has to be says why, in words that name the task.
    static func unstructuredTasks(in file: SourceFile) -> [Finding] {
        guard file.isIn("Sources") || file.isIn("services") else { return [] }
        let pattern =
            /(?:^|[^.\w])(?:Task(?:<[^>]*>)?\s*(?:\{|\(.*\)\s*\{)|Task\.(?:detached|immediate|immediateDetached)\b)/
        return file.code.indices.compactMap { line in
            guard file.code[line].contains("Task"), file.code[line].contains(pattern), !hasReason(file, line) else {
                return nil
            }
            return file.finding(
                line,
                "an unstructured task: use a task group, or say in a comment above it, or in the type's, why this task must "
                    + "be one")
        }
    }

    private static func hasReason(_ file: SourceFile, _ line: Int) -> Bool {
        let above = file.lines[max(0, line - reasonReach)..<line]
        return (above + documentation(ofTypesAround: line, in: file)).contains { text in
            guard let mark = text.firstRange(of: "//") else { return false }
            return text[mark.upperBound...].lowercased().contains("task")
        }
    }

    /// The comments above the declarations of the types that a line stands in, found by their indentation.
    private static func documentation(ofTypesAround line: Int, in file: SourceFile) -> [String] {
        let declaration = /^\s*(?:[@\w()]+\s+)*(?:class|struct|enum|actor|extension)\s+\w/
        var documentation: [String] = []
        var inner = indentation(file.code[line])
        for outer in file.code[..<line].indices.reversed() where !file.code[outer].allSatisfy({ $0 == " " }) {
            guard indentation(file.code[outer]) < inner else { continue }
            inner = indentation(file.code[outer])
            guard file.code[outer].contains(declaration) else { continue }
            documentation += file.lines[..<outer].reversed().prefix { $0.drop { $0 == " " }.hasPrefix("//") }
        }
        return documentation
    }

    private static func indentation(_ line: String) -> Int { line.utf8.prefix { $0 == UInt8(ascii: " ") }.count }

    /// A test waits for an event with a deadline. Where time itself has to pass, a comment right above says so; the folder
    /// that waiting is built in is free.
    static func sleeps(in file: SourceFile) -> [Finding] {
        guard file.isIn("Tests"), !file.isIn("Tests/Support") else { return [] }
        return file.code.indices.compactMap { line in
            guard file.code[line].contains("leep("), file.code[line].contains(/(?:^|[^\w])(?:u|nano)?sleep\(/) else {
                return nil
            }
            let above = line > 0 ? file.lines[line - 1].drop { $0 == " " } : ""
            guard !above.hasPrefix("//") else { return nil }
            return file.finding(
                line,
                "a sleep: wait for the event with eventually(within:); where time itself has to pass, say why right above"
            )
        }
    }

    static func prints(in file: SourceFile) -> [Finding] {
        guard file.isIn("Sources") || file.isIn("services"), !file.isIn("Sources/headframe") else { return [] }
        return file.code.indices.compactMap { line in
            guard file.code[line].contains("print("), file.code[line].contains(/(?:^|[^.\w])(?:debugPrint|print)\(/),
                !file.code[line].contains(/\b(?:case|func) +print\(/)
            else { return nil }
            return file.finding(line, "print in a library or service: log it, with what it is about as metadata")
        }
    }

    /// A service is its own code; its Main says only what it is made of.
    static func mainFiles(of manifest: Manifest, in files: [SourceFile]) -> [Finding] {
        manifest.targets.filter { $0.kind == .executable }.flatMap { target -> [Finding] in
            let path = target.path + "/Main.swift"
            guard let file = files.first(where: { $0.path == path }) else {
                return [
                    Finding(path: path, line: 1, advice: "“\(target.name)” has no Main.swift: begin the program there")
                ]
            }
            guard file.lines.count > longestMain else { return [] }
            return [
                file.finding(
                    longestMain,
                    "Main.swift has \(file.lines.count) lines, \(longestMain) are the most: move the work out")
            ]
        }
    }
}
