internal import Mining

/// The lines that go to a miner, ends included.
enum Line {
    /// The answer to a request.
    static func result(_ result: JSONValue, to id: JSONValue) -> [UInt8] {
        line(["id": id, "result": result, "error": .null])
    }

    /// The refusal of a request.
    static func error(_ error: StratumError, to id: JSONValue) -> [UInt8] {
        let error: JSONValue = [.integer(Int64(error.code.rawValue)), .string(error.message), .null]
        return line(["id": id, "result": .null, "error": error])
    }

    /// What is not to be answered.
    static func notification(_ method: String, _ params: [JSONValue]) -> [UInt8] {
        line(["id": .null, "method": .string(method), "params": .array(params)])
    }

    /// A request to the miner.
    static func request(_ id: Int64, _ method: String) -> [UInt8] {
        line(["id": .integer(id), "method": .string(method), "params": []])
    }

    /// `mining.notify`. Put together from what the work holds ready: every connection gets one at the same moment.
    static func notify(_ id: String, _ work: Work, time: UInt32, clean: Bool) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256 + work.coinbase1Hex.utf8.count + work.coinbase2Hex.utf8.count + work.branch.count * 67)
        line += #"{"id":null,"method":"mining.notify","params":[""#.utf8
        line += id.utf8
        for text in [work.previousHashWords, work.coinbase1Hex, work.coinbase2Hex] {
            line += #"",""#.utf8
            line += text.utf8
        }
        line += #"",["#.utf8
        for (index, hash) in work.branchHex.enumerated() {
            line += (index > 0 ? #",""# : #"""#).utf8
            line += hash.utf8
            line.append(UInt8(ascii: "\""))
        }
        line.append(UInt8(ascii: "]"))
        for text in [work.versionHex, work.bitsHex, hex(time)] {
            line += #",""#.utf8
            line += text.utf8
            line.append(UInt8(ascii: "\""))
        }
        line += (clean ? ",true]}\n" : ",false]}\n").utf8
        return line
    }

    private static func line(_ members: [String: JSONValue]) -> [UInt8] {
        var line: [UInt8] = []
        JSONValue.object(members).write(to: &line)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
