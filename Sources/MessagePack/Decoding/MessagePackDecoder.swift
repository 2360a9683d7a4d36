/// Decodes `Codable` values from MessagePack, on the message's bytes in place.
///
/// The whole message is checked first - form, depth, count and size - and only then is any value made of it.
///
/// - Numbers are taken across integer and floating-point forms wherever the type asked for holds them exactly; only a
///   64-bit float asked for as `Float` is rounded.
/// - `[UInt8]` and Foundation's `Data` are taken from byte arrays and from arrays of numbers, `Date` from a timestamp
///   or a number of seconds since 1970.
/// - A key that a map holds more than once counts as its last occurrence. Keys that are integers are known by their
///   decimal text, byte arrays by their text if it is UTF-8; others cannot be asked for, but are no error.
public struct MessagePackDecoder: Sendable {
    /// What is accepted.
    public let limits: MessagePackLimits

    /// What types find in their decoder's `userInfo`.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Creates a decoder.
    public init(limits: MessagePackLimits = .standard) {
        self.limits = limits
    }

    /// Decodes a message that is one value and nothing else.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(MessagePackError) -> Value {
        try bytes.withUnsafeBufferPointer { (buffer) throws(MessagePackError) in
            try decode(type, from: UnsafeRawBufferPointer(buffer))
        }
    }

    /// Decodes a message that is one value and nothing else, in place.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: UnsafeRawBufferPointer
    ) throws(MessagePackError) -> Value {
        var reader = MessagePackReader(bytes, limits: limits)
        let value = try decode(type, from: &reader)
        guard reader.isAtEnd else {
            throw MessagePackError(
                .trailingBytes, "\(reader.remaining) bytes follow the end of the value", offset: reader.offset)
        }
        return value
    }

    /// Decodes the next value of a message and moves the cursor behind it; the reader's own limits count.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from reader: inout MessagePackReader
    ) throws(MessagePackError) -> Value {
        var next = reader
        try next.skipValue()
        let message = DecodingMessage(reader, userInfo: userInfo)
        defer { message.close() }
        do {
            let value = try message.decode(type, at: reader.offset, path: nil)
            reader = next
            return value
        } catch let error as MessagePackError {
            throw error
        } catch {
            throw MessagePackError(failureOf: error, decoding: type)
        }
    }

    /// Makes a typed value of an untyped one.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from value: MessagePackValue
    ) throws(MessagePackError) -> Value {
        var writer = MessagePackWriter()
        try writer.writeValue(value, limits: limits)
        return try decode(type, from: writer.bytes)
    }
}

extension MessagePackError {
    /// Makes this module's error of one that a type's `init(from:)` threw.
    fileprivate init(failureOf error: any Error, decoding type: Any.Type) {
        guard let error = error as? DecodingError else {
            self.init(.refused, "cannot decode \(type): \(error)", cause: error)
            return
        }
        let (code, context): (Code, DecodingError.Context) =
            switch error {
            case .typeMismatch(_, let context): (.typeMismatch, context)
            case .valueNotFound(_, let context): (.missingValue, context)
            case .keyNotFound(_, let context): (.missingKey, context)
            case .dataCorrupted(let context): (.refused, context)
            @unknown default: (.refused, .init(codingPath: [], debugDescription: "\(error)"))
            }
        let origin = context.underlyingError as? MessagePackError
        self.init(
            origin?.code ?? code,
            "cannot decode \(type) at \(pathText(context.codingPath)): \(context.debugDescription)",
            offset: origin?.offset, cause: error)
    }
}
