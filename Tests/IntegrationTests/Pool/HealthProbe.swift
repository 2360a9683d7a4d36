internal import Foundation
internal import TestSupport

/// The `/readyz` of a process, at the port that its log names.
struct HealthProbe {
    /// What it answered.
    struct Answer: Decodable {
        struct Reason: Decodable {
            var name: String
            var reason: String
        }

        var status: String
        var reasons: [Reason]
        var degraded: [Reason]?
    }

    private let port: Int

    init(_ process: ChildProcess) async throws {
        let line = try await process.waitForLine { $0.contains("health and metrics") }
        guard let port = line.firstMatch(of: /http:\/\/127\.0\.0\.1:([0-9]+)/).flatMap({ Int($0.1) }) else {
            throw TestSupportError("no address in: \(line)")
        }
        self.port = port
    }

    func ready() throws -> (code: Int, answer: Answer) {
        let text = try LoopbackConnection.exchangeUntilClosed(
            port: port, request: "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        guard let code = Int(text.dropFirst(9).prefix(3)), let end = text.range(of: "\r\n\r\n") else {
            throw TestSupportError("/readyz on port \(port): \(text.prefix(300))")
        }
        return (code, try JSONDecoder().decode(Answer.self, from: Data(text[end.upperBound...].utf8)))
    }

    /// Waits until the answer is as wanted, and returns it.
    @discardableResult
    func wait(
        for what: String, within deadline: Duration = .seconds(20), _ isWanted: (Int, Answer) -> Bool
    ) async throws -> Answer {
        var last: (code: Int, answer: Answer)?
        try await eventually(within: deadline, "\(what); last: \(last.map { "\($0)" } ?? "nothing")") {
            last = try ready()
            return isWanted(last!.code, last!.answer)
        }
        return last!.answer
    }
}
