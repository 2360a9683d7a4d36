internal import Mining
internal import Testing

@testable internal import Stratum

/// A line of the server, read.
struct Sent: Hashable {
    var members: [String: JSONValue]

    init?(_ line: [UInt8]) {
        guard line.last == UInt8(ascii: "\n"), !line.dropLast().contains(UInt8(ascii: "\n")),
            let members = JSONValue.object(in: line)
        else { return nil }
        self.members = members
    }

    var id: JSONValue { members["id"] ?? .null }
    var method: String? { members["method"]?.text }
    var result: JSONValue { members["result"] ?? .null }
    var isReply: Bool { members["result"] != nil }

    var params: [JSONValue] { if case .array(let params)? = members["params"] { params } else { [] } }

    /// The code of an error that has the right form.
    var errorCode: Int64? {
        guard case .array(let error)? = members["error"], error.count == 3, case .integer(let code) = error[0],
            error[1].text?.isEmpty == false, error[2] == .null
        else { return nil }
        return code
    }
}

extension [Session.Action] {
    var sent: [Sent] {
        compactMap { action in
            guard case .send(let line) = action else { return nil }
            let sent = Sent(line)
            if sent == nil { Issue.record("not a line of JSON: \(String(decoding: line, as: UTF8.self))") }
            return sent
        }
    }

    var replies: [Sent] { sent.filter(\.isReply) }
    var notifies: [Sent] { sent.filter { $0.method == "mining.notify" } }
    var difficulties: [Double] {
        sent.filter { $0.method == "mining.set_difficulty" }.compactMap { $0.params.first?.double }
    }
    var checks: [ShareCheck] { compactMap { if case .check(let check) = $0 { check } else { nil } } }
    var accepted: [Share] { compactMap { if case .accepted(let share) = $0 { share } else { nil } } }
    var rejected: [RejectReason] { compactMap { if case .rejected(_, let reason) = $0 { reason } else { nil } } }
    var closed: Session.CloseReason? { compactMap { if case .close(let why) = $0 { why } else { nil } }.first }
}
