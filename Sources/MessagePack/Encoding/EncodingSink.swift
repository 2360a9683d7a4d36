/// The bytes that a message's encoders write to one after the other, and what they have in common.
final class EncodingSink {
    var writer: MessagePackWriter
    let userInfo: [CodingUserInfoKey: any Sendable]
    let limits: MessagePackLimits

    init(_ writer: MessagePackWriter, userInfo: [CodingUserInfoKey: any Sendable], limits: MessagePackLimits) {
        self.writer = writer
        self.userInfo = userInfo
        self.limits = limits
    }

    /// An empty sink for what is not yet known to be complete.
    func sibling() -> EncodingSink {
        EncodingSink(MessagePackWriter(), userInfo: userInfo, limits: limits)
    }

    /// Writes a value whole, or throws and writes nothing.
    ///
    /// - Parameters:
    ///   - depth: how many arrays and maps the value is in.
    ///   - path: where it is.
    func encode<Value: Encodable>(_ value: Value, depth: Int, path: @autoclosure () -> CodingPath?) throws {
        if writer.writeScalar(value) { return }
        let start = writer.count
        let path = path()
        do {
            if try writer.writeSpecial(value, depthLeft: limits.maximumDepth - depth) { return }
            guard depth <= limits.maximumDepth else { throw tooDeep() }
            let encoder = ValueEncoder(self, depth: depth, path: path)
            try value.encode(to: encoder)
            try encoder.finish()
        } catch let error as MessagePackError {
            writer.truncate(to: start)
            let context = EncodingError.Context(
                codingPath: path.keys, debugDescription: error.message, underlyingError: error)
            throw EncodingError.invalidValue(value, context)
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }

    func tooDeep() -> MessagePackError {
        MessagePackError(
            .depthExceeded,
            "the value is nested deeper than the limit of \(limits.maximumDepth); flatten it or raise maximumDepth")
    }
}
