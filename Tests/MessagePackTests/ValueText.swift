internal import MessagePack

extension MessagePackValue {
    /// What the value says in the notation of `Fixtures/python/msgpack_peer.py`.
    var peerText: String {
        switch self {
        case .null: "nil"
        case .bool(let value): "\(value)"
        case .int(let value): "i:\(value)"
        case .uint(let value): "i:\(value)"
        case .float(let value): MessagePackValue.double(Double(value)).peerText
        case .double(let value): "d:" + String(repeating: "0", count: 16 - bits(value).count) + bits(value)
        case .string(let value): "s:" + hexText(value.utf8)
        case .binary(let value): "b:" + hexText(value)
        case .array(let elements): "[" + elements.map(\.peerText).joined(separator: " ") + "]"
        case .map(let entries):
            "{" + entries.flatMap { [$0.key.peerText, $0.value.peerText] }.joined(separator: " ") + "}"
        case .ext(let type, let bytes): "x:\(type):" + hexText(bytes)
        case .timestamp(let value): "t:\(value.seconds):\(value.nanoseconds)"
        }
    }

    private func bits(_ value: Double) -> String {
        String(value.bitPattern, radix: 16)
    }
}
