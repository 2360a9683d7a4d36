/// The variables of a file with `KEY=value` lines.
///
/// Empty lines and lines that begin with `#` are skipped, a leading `export ` too, and quotes around a value are removed.
struct EnvironmentFile: Equatable {
    var values: [String: String] = [:]
    /// What is wrong, with line numbers.
    var problems: [String] = []

    init(_ text: String) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = line.trimmingBlanks()
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = line.dropFirst(7).trimmingBlanks() }
            guard let sign = line.firstIndex(of: "="), sign > line.startIndex else {
                // The line is not shown, because it may be a secret.
                problems.append("line \(index + 1): not KEY=value; begin comments with #")
                continue
            }
            let value = line[line.index(after: sign)...].trimmingBlanks()
            values[String(line[..<sign].trimmingBlanks())] = String(value.withoutQuotes())
        }
    }
}

extension Substring {
    fileprivate func withoutQuotes() -> Substring {
        guard count >= 2, let first, first == last, first == "\"" || first == "'" else { return self }
        return dropFirst().dropLast()
    }
}
