internal import Foundation

/// What the HTTP listener answers, without the HTTP.
struct HealthAnswers: Sendable {
    struct Answer: Equatable {
        var status: Int
        var contentType: String
        var body: String
    }

    let readiness: Readiness
    let metrics: PrometheusRegistry
    let watchdog: Watchdog

    /// 200 while every watched loop answers.
    var alive: Answer {
        let late = watchdog.late.map { Reason(name: $0, reason: "the loop does not answer") }
        return answer(Status(status: late.isEmpty ? "alive" : "hanging", reasons: late), isFine: late.isEmpty)
    }

    /// 200 where every condition holds, otherwise 503 with the reasons. What holds with something missing is named beside.
    var ready: Answer {
        let (reasons, degraded) = (readiness.notReady.map(Reason.init), readiness.degraded.map(Reason.init))
        return answer(
            Status(
                status: reasons.isEmpty ? "ready" : "not ready", reasons: reasons,
                degraded: degraded.isEmpty ? nil : degraded),
            isFine: reasons.isEmpty)
    }

    /// All metrics as text.
    var metricsText: Answer {
        Answer(status: 200, contentType: PrometheusText.contentType, body: metrics.text())
    }

    private struct Status: Encodable {
        var status: String
        var reasons: [Reason]
        var degraded: [Reason]?
    }

    private struct Reason: Encodable {
        var name: String
        var reason: String

        init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }

        init(_ condition: Readiness.Reason) { self.init(name: condition.name, reason: condition.reason) }
    }

    private func answer(_ status: Status, isFine: Bool) -> Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let body = String(decoding: try encoder.encode(status), as: UTF8.self)
            return Answer(status: isFine ? 200 : 503, contentType: "application/json", body: body + "\n")
        } catch {
            return Answer(status: 500, contentType: "text/plain; charset=utf-8", body: "\(error)\n")
        }
    }
}
