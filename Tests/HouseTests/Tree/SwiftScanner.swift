/// Tells Swift code from what only looks like it: comments, and the contents of string literals.
///
/// A scanner of quotes and comment marks, not a parser: regex literals that hold a quote would mislead it.
struct SwiftScanner {
    private let source: [UInt8]
    private var code: [UInt8]
    private var index = 0

    private init(_ text: String) {
        source = Array(text.utf8)
        code = source
    }

    /// The text with spaces for every comment and for the contents of every literal; lines and columns stay what they were.
    static func code(of text: String) -> String {
        var scanner = SwiftScanner(text)
        scanner.scanCode(until: nil)
        return String(decoding: scanner.code, as: UTF8.self)
    }

    /// Goes over code up to the end, or past the parenthesis that closes an interpolation.
    private mutating func scanCode(until closing: UInt8?) {
        var depth = 0
        while index < source.count {
            let byte = source[index]
            if byte == UInt8(ascii: "/"), starts("//") {
                blank(while: { $0 != UInt8(ascii: "\n") })
            } else if byte == UInt8(ascii: "/"), starts("/*") {
                blankBlockComment()
            } else if let pounds = stringStart() {
                scanString(pounds: pounds)
            } else {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == closing {
                    if depth == 0 { return }
                    depth -= 1
                }
                index += 1
            }
        }
    }

    /// The number of `#` before the quote of a literal that begins here; nil where none does.
    private func stringStart() -> Int? {
        var quote = index
        while quote < source.count, source[quote] == UInt8(ascii: "#") { quote += 1 }
        return quote < source.count && source[quote] == UInt8(ascii: "\"") ? quote - index : nil
    }

    private mutating func scanString(pounds: Int) {
        let marks = String(repeating: "#", count: pounds)
        index += pounds
        let quote = starts("\"\"\"") ? "\"\"\"" : "\""
        let (end, escape) = (quote + marks, "\\" + marks)
        index += quote.utf8.count
        while index < source.count {
            if starts(end) {
                index += end.utf8.count
                return
            } else if starts(escape + "(") {
                blank(count: 2 + pounds)
                scanCode(until: UInt8(ascii: ")"))
                blank(count: 1)
            } else if starts(escape) {
                blank(count: 2 + pounds)
            } else {
                blank(count: 1)
            }
        }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(count: 2)
            } else if starts("*/") {
                depth -= 1
                blank(count: 2)
            } else {
                blank(count: 1)
            }
        } while depth > 0 && index < source.count
    }

    private func starts(_ text: String) -> Bool {
        var place = index
        for byte in text.utf8 {
            guard place < source.count, source[place] == byte else { return false }
            place += 1
        }
        return true
    }

    private mutating func blank(while condition: (UInt8) -> Bool) {
        while index < source.count, condition(source[index]) { blank(count: 1) }
    }

    private mutating func blank(count: Int) {
        for _ in 0..<count where index < source.count {
            if source[index] != UInt8(ascii: "\n") { code[index] = UInt8(ascii: " ") }
            index += 1
        }
    }
}
