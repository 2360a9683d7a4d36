internal import MessagePack

/// One message of ZeroRPC v3: `[header, name, args]`, with the arguments left encoded until somebody wants them.
public struct Event: Sendable {
    /// Who, to whom, how long.
    public var header: EventHeader
    /// What.
    public var name: EventName
    /// The encoded third element.
    public var arguments: Payload

    /// Reads an event where it lies; the arguments stay a part of `message`.
    ///
    /// - Throws: ``MeshError`` with code `badArguments` for anything that is not such an event. Unknown header keys are skipped.
    public init(decoding message: Payload) throws(MeshError) {
        do {
            (header, name, arguments) = try message.withBytes { (bytes) throws(MessagePackError) in
                var reader = MessagePackReader(bytes)
                guard try reader.readArrayHeader() == 3 else { throw Self.malformed("an event is an array of three") }
                let header = try Self.readHeader(&reader)
                let name = try Self.readName(&reader)
                let start = reader.offset
                try reader.skipValue()
                guard reader.isAtEnd else { throw Self.malformed("bytes follow the event") }
                return (header, name, message.part(start..<reader.offset))
            }
        } catch {
            throw MeshError(.badArguments, "reading an event of \(message.count) bytes: \(error.message)")
        }
    }

    /// Keys beyond this make a header malformed: each unknown one costs time to skip.
    private static let maximumHeaderKeys = 64

    private static func malformed(_ message: String) -> MessagePackError {
        MessagePackError(.typeMismatch, message)
    }

    private static func readHeader(_ reader: inout MessagePackReader) throws(MessagePackError) -> EventHeader {
        var messageID: MessageID?
        var header = EventHeader(messageID: MessageID(node: 0, count: 0))
        let count = try reader.readMapHeader()
        guard count <= Self.maximumHeaderKeys else { throw malformed("a header has at most \(maximumHeaderKeys) keys") }
        for _ in 0..<count {
            guard try reader.peekKind() == .string else {
                try reader.skipValue()
                try reader.skipValue()
                continue
            }
            let key = try reader.readStringBytes()
            if key.matches("message_id") {
                messageID = try MessageID(from: &reader)
            } else if key.matches("response_to") {
                header.responseTo = try MessageID(from: &reader)
            } else if key.matches("epoch") {
                header.epoch = try reader.readUInt()
            } else if key.matches("load") {
                header.load = try reader.readDouble()
            } else if key.matches("deadline") {
                header.remainingMilliseconds = try reader.readInt()
            } else if key.matches("expected_epoch") {
                header.expectedEpoch = try reader.readUInt()
            } else if key.matches("attempt") {
                header.attempt = Int(clamping: try reader.readInt())
            } else if key.matches("traceparent") {
                header.traceparent = try reader.readString()
            } else if key.matches("idempotency_key") {
                header.idempotencyKey = try reader.readString()
            } else {
                try reader.skipValue()
            }
        }
        guard let messageID, messageID.isAcceptable, header.responseTo?.isAcceptable ?? true else {
            throw malformed("the header has no message_id, or an identifier above \(MessageID.maximumBytes) bytes")
        }
        header.messageID = messageID
        return header
    }

    private static func readName(_ reader: inout MessagePackReader) throws(MessagePackError) -> EventName {
        let bytes = try reader.readStringBytes()
        if bytes.matches("OK") { return .ok }
        if bytes.matches("STREAM") { return .stream }
        if bytes.matches("_zpc_more") { return .more }
        if bytes.matches("_zpc_hb") { return .heartbeat }
        if bytes.matches("STREAM_DONE") { return .streamDone }
        if bytes.matches("ERR") { return .error }
        if bytes.matches(EventName.cancelText) { return .cancel }
        if bytes.matches(EventName.pingText) { return .ping }
        if bytes.matches(EventName.drainText) { return .drain }
        // Nearly every name is ASCII, which needs no validation to be a string.
        if bytes.allSatisfy({ $0 < 0x80 }) { return .method(String(decoding: bytes, as: UTF8.self)) }
        guard let method = String(validating: bytes, as: UTF8.self) else { throw malformed("a name is valid UTF-8") }
        return .method(method)
    }
}

extension Event {
    /// Encodes an event, with its arguments written by `arguments`.
    static func encode(
        _ header: EventHeader, _ name: EventName, capacity: Int = 160, arguments: (inout MessagePackWriter) -> Void
    ) -> [UInt8] {
        var writer = MessagePackWriter(reservingCapacity: capacity)
        writer.writeArrayHeader(3)
        write(header, to: &writer)
        write(name, to: &writer)
        arguments(&writer)
        return writer.bytes
    }

    /// Encodes an event whose arguments are encoded already.
    static func encode(_ header: EventHeader, _ name: EventName, arguments: Payload) -> [UInt8] {
        encode(header, name, capacity: 160 + arguments.count) { writer in
            arguments.withBytes { writer.writeRaw($0) }
        }
    }

    private static func write(_ header: EventHeader, to writer: inout MessagePackWriter) {
        var keys = 2
        if header.responseTo != nil { keys += 1 }
        if header.remainingMilliseconds != nil { keys += 1 }
        if header.traceparent != nil { keys += 1 }
        if header.expectedEpoch != nil { keys += 1 }
        if header.attempt != nil { keys += 1 }
        if header.idempotencyKey != nil { keys += 1 }
        if header.epoch != nil { keys += 1 }
        if header.load != nil { keys += 1 }
        writer.writeMapHeader(keys)
        writer.writeString("message_id" as StaticString)
        header.messageID.write(to: &writer)
        writer.writeString("v" as StaticString)
        writer.writeInt(EventHeader.version)
        if let responseTo = header.responseTo {
            writer.writeString("response_to" as StaticString)
            responseTo.write(to: &writer)
        }
        if let remaining = header.remainingMilliseconds {
            writer.writeString("deadline" as StaticString)
            writer.writeInt(remaining)
        }
        if let traceparent = header.traceparent {
            writer.writeString("traceparent" as StaticString)
            writer.writeString(traceparent)
        }
        if let expectedEpoch = header.expectedEpoch {
            writer.writeString("expected_epoch" as StaticString)
            writer.writeInt(expectedEpoch)
        }
        if let attempt = header.attempt {
            writer.writeString("attempt" as StaticString)
            writer.writeInt(attempt)
        }
        if let key = header.idempotencyKey {
            writer.writeString("idempotency_key" as StaticString)
            writer.writeString(key)
        }
        if let epoch = header.epoch {
            writer.writeString("epoch" as StaticString)
            writer.writeInt(epoch)
        }
        if let load = header.load {
            writer.writeString("load" as StaticString)
            writer.writeDouble(load)
        }
    }

    private static func write(_ name: EventName, to writer: inout MessagePackWriter) {
        switch name {
        case .ok: writer.writeString("OK" as StaticString)
        case .error: writer.writeString("ERR" as StaticString)
        case .stream: writer.writeString("STREAM" as StaticString)
        case .streamDone: writer.writeString("STREAM_DONE" as StaticString)
        case .heartbeat: writer.writeString("_zpc_hb" as StaticString)
        case .more: writer.writeString("_zpc_more" as StaticString)
        case .cancel: writer.writeString(EventName.cancelText)
        case .ping: writer.writeString(EventName.pingText)
        case .drain: writer.writeString(EventName.drainText)
        case .method(let method): writer.writeString(method)
        }
    }
}
