internal import Foundation
internal import MessagePack
internal import TestSupport

@testable internal import headframe

/// A real share that solved a block with MWEB, and what was sent for it.
struct GoldenShare: Decodable {
    var extranonce1: String
    var submit: [String]
    var notify: [MessagePackValue]
    var header: String
    var scrypt: String

    static func read() throws -> GoldenShare {
        try JSONDecoder().decode(GoldenShare.self, from: Data(try Fixture.bytes("Mining/golden-h432.json")))
    }

    /// The notification as a line, perhaps with other values at some places.
    func notification(_ changes: [Int: MessagePackValue] = [:]) -> String {
        var parameters = notify
        for (index, value) in changes { parameters[index] = value }
        return JSONText.compact(["id": .null, "method": "mining.notify", "params": .array(parameters)])
    }
}
