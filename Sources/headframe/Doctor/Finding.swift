internal import MessagePack

/// One thing that the doctor looked at.
struct Finding: Sendable, Equatable {
    enum Verdict: String, Sendable, Comparable {
        case ok
        case warn
        case fail

        static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .warn: 1
            case .fail: 2
            }
        }

        var color: Style.Color {
            switch self {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        }
    }

    let verdict: Verdict
    /// What was looked at, such as `redis redis://127.0.0.1:6379`.
    let subject: String
    /// What was found.
    let finding: String
    /// How to mend it; nil where nothing has to be.
    let remedy: String?

    static func ok(_ subject: String, _ finding: String) -> Finding {
        Finding(verdict: .ok, subject: subject, finding: finding, remedy: nil)
    }

    static func warn(_ subject: String, _ finding: String, mend remedy: String) -> Finding {
        Finding(verdict: .warn, subject: subject, finding: finding, remedy: remedy)
    }

    static func fail(_ subject: String, _ finding: String, mend remedy: String) -> Finding {
        Finding(verdict: .fail, subject: subject, finding: finding, remedy: remedy)
    }

    /// One object: `{verdict, subject, finding, remedy}`.
    var json: MessagePackValue {
        .map([
            "verdict": .string(verdict.rawValue), "subject": .string(subject), "finding": .string(finding),
            "remedy": MessagePackValue(remedy),
        ])
    }

    /// A line, and a second one where something is to be done.
    func text(_ style: Style) -> String {
        let mark = style(verdict.color, verdict.rawValue.padded(to: 4))
        let line = "\(mark)  \(style(.bold, subject)): \(finding)\n"
        return remedy.map { "\(line)      mend: \($0)\n" } ?? line
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
