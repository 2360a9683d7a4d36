/// Encodes `Codable` values as MessagePack, everything in its smallest form.
///
/// - `[UInt8]` and Foundation's `Data` become byte arrays, Foundation's `Date` and ``MessagePackTimestamp`` timestamps.
/// - Types with keys, and dictionaries with `String` or `Int` keys, become maps whose keys are all strings, because
///   stock Python peers drop messages with other keys. ``MessagePackValue`` writes any key.
/// - A nil in an array or a dictionary becomes nil; a property that is nil is left out, as is usual with `Codable`.
/// - A key that a type encodes twice is in the map twice; decoders take the last.
public struct MessagePackEncoder: Sendable {
    /// What types find in their encoder's `userInfo`.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Only the depth limit counts here, so that nothing is sent that a peer with the same limits would refuse.
    public let limits: MessagePackLimits

    /// Creates an encoder.
    public init(limits: MessagePackLimits = .standard) {
        self.limits = limits
    }

    /// Encodes a value as a message of its own.
    public func encode<Value: Encodable>(_ value: Value) throws(MessagePackError) -> [UInt8] {
        var writer = MessagePackWriter()
        try encode(value, into: &writer)
        return writer.bytes
    }

    /// Appends a value to what `writer` holds. If this throws, `writer` holds what it held before.
    public func encode<Value: Encodable>(
        _ value: Value, into writer: inout MessagePackWriter
    ) throws(MessagePackError) {
        let sink = EncodingSink(writer, userInfo: userInfo, limits: limits)
        writer = MessagePackWriter()
        defer { writer = sink.writer }
        do {
            try sink.encode(value, depth: 0, path: nil)
        } catch let error as MessagePackError {
            throw error
        } catch {
            throw MessagePackError(failureOf: error, encoding: Value.self)
        }
    }

    /// Turns any value into a ``MessagePackValue``.
    public func value<Value: Encodable>(of value: Value) throws(MessagePackError) -> MessagePackValue {
        let bytes = try encode(value)
        return try MessagePackReader.withReader(over: bytes) { (reader) throws(MessagePackError) in
            try reader.readValue()
        }
    }
}

extension MessagePackError {
    /// Makes this module's error of one that a type's `encode(to:)` threw.
    fileprivate init(failureOf error: any Error, encoding type: Any.Type) {
        guard case EncodingError.invalidValue(_, let context) = error else {
            self.init(.notEncodable, "cannot encode \(type): \(error)", cause: error)
            return
        }
        let place = pathText(context.codingPath)
        let cause = context.underlyingError as? MessagePackError
        self.init(
            cause?.code ?? .notEncodable, "cannot encode \(type) at \(place): \(context.debugDescription)", cause: error
        )
    }
}
