/// One file of the project, named by its path from the project's root.
struct SourceFile: Sendable {
    /// The path, without a slash before it.
    let path: String
    /// The lines as they are.
    let lines: [String]
    /// The lines of a Swift file without comments and without the contents of literals; of any other file, nothing.
    let code: [String]

    init(_ path: String, _ text: String) {
        self.path = path
        lines = Self.lines(of: text)
        code = path.hasSuffix(".swift") ? Self.lines(of: SwiftScanner.code(of: text)) : []
    }

    var isSwift: Bool { path.hasSuffix(".swift") }

    /// Whether it lies in that folder or below.
    func isIn(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }

    /// A finding at a line, counted from 0.
    func finding(_ line: Int, _ advice: String) -> Finding { Finding(path: path, line: line + 1, advice: advice) }

    private static func lines(of text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// A place where a rule is broken, and what to do about it.
struct Finding: Hashable, CustomStringConvertible {
    let path: String
    /// Counted from 1.
    let line: Int
    let advice: String

    var description: String { "\(path):\(line): \(advice)" }
}
