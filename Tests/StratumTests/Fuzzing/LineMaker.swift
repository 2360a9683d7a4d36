internal import TestSupport

@testable internal import Stratum

/// Lines as a miner would send them, and as none would.
struct LineMaker {
    var random: SeededRandom
    /// The newest job.
    var job: String

    private mutating func pick<T>(_ choices: [T]) -> T { choices.randomElement(using: &random)! }
    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    mutating func line() -> [UInt8] {
        var line: [UInt8]
        switch Int.random(in: 0..<40, using: &random) {
        case 0: line = (0..<Int.random(in: 0...300, using: &random)).map { _ in .random(in: 0...255, using: &random) }
        case 1:
            line = [UInt8](
                repeating: pick([0x20, 0x5b, 0x7b, 0x00, 0x41]), count: .random(in: 0...4000, using: &random))
        case 2: line = Array(#"{"id":\#(pick(["1", "2", "null"])),"result":"miner/1","error":null}"#.utf8)
        default: line = Array(request().utf8)
        }
        if chance(6) { mutate(&line) }
        return line + Array(pick(["\n", "\r\n", "\n\n", chance(8) ? "" : "\n"]).utf8)
    }

    private mutating func request() -> String {
        let id = pick(["1", "4", "4", "4", #""a""#, "null", "-1", "1.5", "1e999", "[]", "18446744073709551615"])
        let method = pick([
            "mining.subscribe", "mining.authorize", "mining.authorize", "mining.submit", "mining.submit",
            "mining.submit",
            "mining.submit", "mining.configure", "mining.suggest_difficulty", "mining.extranonce.subscribe",
            "mining.ping",
            "mining.get_transactions", "client.get_version", "mining.nothing",
        ])
        return #"{"id":\#(id),"method":"\#(method)","params":\#(chance(12) ? value(0) : params(method))}"#
    }

    private mutating func params(_ method: String) -> String {
        switch method {
        case "mining.subscribe": return pick(["[]", #"["m/1"]"#, #"["m/1","0000000100000001"]"#, #"["m",null]"#])
        case "mining.authorize":
            let password = pick(["x", "d=1", "d=1e300,min=0.1", "min=9,max=1", "max=1e-300", "d=-1,-d 7"])
            return #"["\#(pick(["w", "w", "v", "u", "t", "s", ""]))","\#(password)"]"#
        case "mining.submit":
            let time = hex(SampleWork.time &+ pick([0, 1, 100, 10000, .max]))
            let bits = pick(["", "", #","00002000""#, #","ffffffff""#, ",null"])
            return
                #"["\#(pick(["w", "w", "v"]))","\#(chance(9) ? "x" : job)","\#(number())","\#(time)","\#(number())"\#(bits)]"#
        case "mining.configure":
            return #"[["version-rolling","minimum-difficulty"],{"version-rolling.mask":"\#(number())","#
                + #""minimum-difficulty.value":\#(value(2))}]"#
        default: return "[\(value(1))]"
        }
    }

    private mutating func number() -> String {
        chance(20) ? pick(["", "0", "0x000000", "éééé"]) : hex(pick([0, 1, 2, 3, .max]))
    }

    /// Any JSON.
    private mutating func value(_ depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 10 ? 12 : 9), using: &random) {
        case 0: return "null"
        case 1: return pick(["true", "false"])
        case 2:
            return pick(["0", "-0.0", "-1", "1e-320", "1e308", "1e999", "-1e999", "0.1", "NaN", "9223372036854775808"])
        case 3...5: return "\(Double(bitPattern: random.next()))"
        case 6...8: return pick([#""""#, #""w""#, #""\ud800""#, #""\u0000""#, #""é\n""#, #""00000000""#])
        case 9: return "{\(chance(2) ? #""a":\#(value(depth + 1))"# : "")}"
        default:
            let count = Int.random(in: 0...4, using: &random)
            return "[" + (0..<count).map { _ in value(depth + 1) }.joined(separator: ",") + "]"
        }
    }

    private mutating func mutate(_ line: inout [UInt8]) {
        for _ in 0...Int.random(in: 0...3, using: &random) where !line.isEmpty {
            let index = Int.random(in: line.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: line[index] = .random(in: 0...255, using: &random)
            case 1: line.remove(at: index)
            case 2: line.insert(.random(in: 0...255, using: &random), at: index)
            case 3: line.removeSubrange(index...)
            default: line += line[index...]
            }
        }
    }
}
