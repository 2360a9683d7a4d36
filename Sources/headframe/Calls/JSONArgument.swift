internal import Foundation
internal import MessagePack

/// A word of the command line as an argument of a call.
///
/// JSON, with two concessions to shells: a word that is no JSON is a string, so that `hello` needs no quotes; and a number
/// counts as one only where it is written as this program would write it. So `12`, `-3` and `0.5` are numbers, and a hash of
/// 64 digits, `1e5` and `007` stay the strings that they most likely are.
enum JSONArgument {
    /// Reads a word.
    ///
    /// - Throws: ``CommandFailure`` for what begins as JSON and is none: that is a mistake rather than a string.
    static func value(_ word: String) throws(CommandFailure) -> MessagePackValue {
        switch word {
        case "null": return .null
        case "true": return true
        case "false": return false
        default: break
        }
        if let number = number(word) { return number }
        guard let first = word.first, "{[\"".contains(first) else { return .string(word) }
        do {
            return try JSONDecoder().decode(MessagePackValue.self, from: Data(word.utf8))
        } catch {
            throw CommandFailure(
                .usage,
                "the argument \(word) begins like JSON and is none; mind the shell's quotes, as in '{\"height\": 7}', and "
                    + "write a string that begins like this as JSON: '\"...\"'")
        }
    }

    /// The encoded array of arguments.
    static func payload(_ words: [String]) throws -> [UInt8] {
        var values: [MessagePackValue] = []
        for word in words { values.append(try value(word)) }
        var writer = MessagePackWriter()
        try writer.writeValue(.array(values))
        return writer.bytes
    }

    private static func number(_ word: String) -> MessagePackValue? {
        if let number = Int64(word), "\(number)" == word { return .int(number) }
        if let number = UInt64(word), "\(number)" == word { return .uint(number) }
        if let number = Double(word), number.isFinite, "\(number)" == word { return .double(number) }
        return nil
    }
}
