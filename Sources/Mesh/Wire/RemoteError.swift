internal import MessagePack

/// The arguments of an ERR event: `[name, message, traceback]`.
struct RemoteError {
    var name: String
    var message: String
    var traceback: String?

    init(name: String, message: String, traceback: String? = nil) {
        self.name = name
        self.message = message
        self.traceback = traceback
    }

    /// Reads what came; peers of version 1 send one string only.
    ///
    /// It always says something: what cannot be read is an error too, and the caller waits for one.
    init(decoding arguments: Payload) {
        do {
            let value = try arguments.withBytes { try MessagePackDecoder().decode(MessagePackValue.self, from: $0) }
            self.init(fields: value.arrayValue ?? [value])
        } catch {
            self.init(name: "Error", message: "the peer answered with an error that cannot be read: \(error)")
        }
    }

    private init(fields: [MessagePackValue]) {
        // Of what is no text only what is short is put into words: printing all of it would hold up the I/O thread.
        func text(_ field: MessagePackValue) -> String {
            switch field {
            case .string(let text): text
            case .array(let elements): "an array of \(elements.count)"
            case .map(let pairs): "a map of \(pairs.count)"
            case .binary(let bytes): "\(bytes.count) bytes"
            case .ext(let type, let bytes): "an extension of type \(type) with \(bytes.count) bytes"
            default: "\(field)"
            }
        }
        name = fields.count > 1 ? text(fields[0]) : "Error"
        message = fields.count > 1 ? text(fields[1]) : fields.first.map(text) ?? "an error without words"
        traceback = fields.count > 2 ? fields[2].stringValue : nil
    }

    func write(to writer: inout MessagePackWriter) {
        writer.writeArrayHeader(3)
        writer.writeString(name)
        writer.writeString(message)
        if let traceback { writer.writeString(traceback) } else { writer.writeNil() }
    }
}

extension RemoteError {
    /// What ZeroRPC calls a method that does not exist (Python's own word for it).
    static let unknownMethod = "NameError"
    /// What ZeroRPC calls arguments that a method does not take.
    static let badArguments = "TypeError"
}
