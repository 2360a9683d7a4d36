internal import Foundation
internal import MessagePack

/// A line from the pool.
enum PoolMessage: Equatable, Sendable {
    /// An answer to one of our requests.
    case answer(id: Int, result: MessagePackValue, error: PoolRefusal?)
    /// Something that the pool says or asks; with an id it wants an answer.
    case request(id: MessagePackValue, method: String, parameters: [MessagePackValue])

    /// Reads a line.
    ///
    /// - Throws: ``PoolViolation`` that says what is wrong with it.
    init(line: [UInt8]) throws(PoolViolation) {
        let message: MessagePackValue
        do {
            message = try JSONDecoder().decode(MessagePackValue.self, from: Data(line))
        } catch {
            throw PoolViolation("the pool sent a line that is no JSON: \(PlainText.shown(line))")
        }
        guard message.mapValue != nil else {
            throw PoolViolation("the pool sent a line that is no JSON object: \(PlainText.shown(line))")
        }
        if let method = message["method"]?.stringValue {
            let parameters = message["params"] ?? .null
            guard let list = parameters.isNull ? [] : parameters.arrayValue else {
                throw PoolViolation("the parameters of \(PlainText.shown(method)) are no array")
            }
            self = .request(id: message["id"] ?? .null, method: method, parameters: list)
            return
        }
        guard let id = message["id"]?.intValue else {
            // A complaint about a line that could not be read has no id to answer to.
            throw PoolViolation("the pool sent an answer without a number that tells to what: \(PlainText.shown(line))")
        }
        let error = message["error"].flatMap { $0.isNull ? nil : PoolRefusal($0) }
        self = .answer(id: id, result: message["result"] ?? .null, error: error)
    }
}

/// The error of an answer: `[code, message, ...]`, or as JSON-RPC 2.0 has it.
struct PoolRefusal: Equatable, Sendable, CustomStringConvertible {
    let code: Int?
    let message: String

    init(_ error: MessagePackValue) {
        code = (error[0] ?? error["code"])?.intValue
        message = PlainText.shown((error[1] ?? error["message"])?.stringValue ?? JSONText.compact(error))
    }

    var description: String { code.map { "\(message) (\($0))" } ?? message }
}

/// What strangers say, as a terminal may be shown it.
enum PlainText {
    static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(200).map { scalar in
                    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                        ? "·" : scalar
                }))
    }

    static func shown(_ line: [UInt8]) -> String { shown(String(decoding: line.prefix(200), as: UTF8.self)) }
}
