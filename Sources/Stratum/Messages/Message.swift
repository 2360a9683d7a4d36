/// What a line of a miner says.
enum Message: Sendable, Hashable {
    /// It wants something.
    case request(Request)
    /// It answers what it was asked.
    case response(id: JSONValue, result: JSONValue)
    /// It is a message, and not one that could be answered but with an error.
    case wrong(id: JSONValue, problem: String)
    /// It is no message at all.
    case garbage(problem: String)

    /// A request of a miner.
    struct Request: Sendable, Hashable {
        /// What the reply carries; null where the miner gave none.
        var id: JSONValue
        var method: String
        var params: [JSONValue]
    }

    /// Reads a line.
    init(line: [UInt8], limits: MessageLimits) {
        guard let members = JSONValue.object(in: line, limits: limits) else {
            self = .garbage(
                problem: "this is no message: send a JSON object a line, nested at most \(limits.depth) deep, "
                    + "with at most \(limits.values) values")
            return
        }
        let id = members["id"] ?? .null
        guard id.isRequestID else {
            self = .wrong(id: .null, problem: "the id of a request is a number or a text")
            return
        }
        switch members["method"] {
        case .string(let method)?:
            switch members["params"] {
            case .array(let params)?: self = .request(Request(id: id, method: method, params: params))
            case .null?, nil: self = .request(Request(id: id, method: method, params: []))
            default: self = .wrong(id: id, problem: "the params of '\(method.prefix(64))' are an array")
            }
        case .null?, nil:
            guard members["result"] != nil || members["error"] != nil else {
                self = .wrong(id: id, problem: "the message has no method")
                return
            }
            self = .response(id: id, result: members["result"] ?? .null)
        default: self = .wrong(id: id, problem: "the method of a request is a text")
        }
    }
}
