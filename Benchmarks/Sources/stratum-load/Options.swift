internal import Foundation

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

struct Options {
    var host = "127.0.0.1"
    var port: UInt16 = 3333
    var connections = 2000
    /// How many new tips are measured.
    var tips = 5
    /// How long a new tip is waited for.
    var patienceSeconds = 60.0
    /// The process of the server, for its memory.
    var serverPID: Int?
    /// What makes a new tip; nil where tips come by themselves.
    var tipCommand: String?

    init() {}

    init(_ arguments: [String]) throws {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Failure("\(name) has no value") }
            func number<Number: LosslessStringConvertible>() throws -> Number {
                guard let number = Number(value) else { throw Failure("\(name) \(value) is no number") }
                return number
            }
            switch name {
            case "--url":
                guard let match = value.wholeMatch(of: /(?:stratum\+tcp:\/\/)?([0-9.]+):([0-9]+)/),
                    let port = UInt16(match.2)
                else { throw Failure("--url \(value): give stratum+tcp://IPv4:PORT") }
                (host, self.port) = (String(match.1), port)
            case "--connections": connections = try number()
            case "--tips": tips = try number()
            case "--patience": patienceSeconds = try number()
            case "--server-pid": serverPID = try number()
            case "--tip-command": tipCommand = value
            default:
                throw Failure(
                    "\(name) is no option; there are --url, --connections, --tips, --patience, --server-pid and --tip-command"
                )
            }
        }
    }
}
