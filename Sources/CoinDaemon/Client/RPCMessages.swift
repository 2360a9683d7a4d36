/// The body of a request: JSON-RPC as Bitcoin's daemons speak it (1.0, over HTTP POST).
struct RPCRequest: Encodable {
    var jsonrpc = "1.0"
    var id = "headframe"
    var method: String
    var params: [RPCValue]
}

/// The body of an answer.
enum RPCResponse<Result: Decodable>: Decodable {
    case result(Result)
    case failure(RPCFailure)

    enum CodingKeys: CodingKey {
        case result, error
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        if let failure = try fields.decodeIfPresent(RPCFailure.self, forKey: .error) {
            self = .failure(failure)
        } else {
            self = .result(try fields.decode(Result.self, forKey: .result))
        }
    }
}

/// The error member of an answer.
struct RPCFailure: Decodable {
    var code: Int
    var message: String
}

extension DecodingError {
    /// What is wrong and where, in one line: "the field 'result.height' is missing".
    var inOneLine: String {
        switch self {
        case .keyNotFound(let key, let context):
            "the field '\(Self.path(context.codingPath + [key]))' is missing"
        case .valueNotFound(_, let context):
            "the field '\(Self.path(context.codingPath))' is null"
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is not JSON of the expected form"
                : "the field '\(Self.path(context.codingPath))' is malformed (\(context.debugDescription))"
        @unknown default:
            "it cannot be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
