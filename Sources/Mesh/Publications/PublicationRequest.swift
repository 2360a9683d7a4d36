internal import MessagePack

/// The argument with which a publication's stream is opened: `{"after": ordinal}`, or nothing at all.
///
/// With it, a publisher begins with the newest item of each position above that ordinal that it still knows, so that a
/// subscriber who was away for a moment skips no position; without it, with the newest item alone.
struct PublicationRequest {
    var after: Ordinal?

    /// The array of arguments.
    var encoded: Payload {
        var writer = MessagePackWriter(reservingCapacity: 96)
        guard let after else {
            writer.writeArrayHeader(0)
            return Payload(writer.bytes)
        }
        writer.writeArrayHeader(1)
        writer.writeMapHeader(1)
        writer.writeString("after" as StaticString)
        writer.writeString(after.description)
        return Payload(writer.bytes)
    }

    init(after: Ordinal?) { self.after = after }

    /// Reads the array of arguments.
    ///
    /// - Throws: ``MeshError`` with code `badArguments` for anything but nothing, nil, or a map with `after` in hex.
    init(decoding arguments: Payload) throws(MeshError) {
        let mistake = MeshError(
            .badArguments,
            "a publication takes no argument, or {\"after\": ordinal in hex}; subscribe without arguments")
        let value: MessagePackValue
        do {
            value = try arguments.withBytes { try MessagePackDecoder().decode(MessagePackValue.self, from: $0) }
        } catch {
            throw mistake
        }
        guard let list = value.arrayValue, list.count <= 1 else { throw mistake }
        guard let first = list.first, first != .null else { return }
        guard case .map = first else { throw mistake }
        guard let after = first["after"], after != .null else { return }
        guard let text = after.stringValue, let ordinal = Ordinal(hex: text) else { throw mistake }
        self.after = ordinal
    }
}
