/// Rows under headings, as wide as they have to be.
struct Table {
    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var color: Style.Color?

        init(_ text: String, _ color: Style.Color? = nil) {
            self.text = text
            self.color = color
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    private let headings: [String]
    private var rows: [[Cell]] = []

    init(_ headings: [String]) { self.headings = headings }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == headings.count, "a row has as many cells as there are headings")
        rows.append(row)
    }

    /// The lines, the heading first.
    func lines(_ style: Style) -> [String] {
        let all = [headings.map { Cell($0, .dim) }] + rows
        let widths = headings.indices.map { column in all.map { $0[column].text.count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += style(cell.color, cell.text)
                // Nothing behind the last text, so that lines are no longer than they need be.
                guard row[(column + 1)...].contains(where: { !$0.text.isEmpty }) else { break }
                line += String(repeating: " ", count: widths[column] - cell.text.count + 2)
            }
            return line
        }
    }
}
