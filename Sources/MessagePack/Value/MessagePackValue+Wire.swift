extension MessagePackReader {
    /// Takes the next value, whatever it is. Nothing is built before all of it was found to be within the limits.
    public mutating func readValue() throws(MessagePackError) -> MessagePackValue {
        var check = self
        try check.skipValue()
        let start = offset
        do throws(MessagePackError) {
            return try buildValue()
        } catch {
            advance(start - offset)
            throw error
        }
    }

    /// Builds a value whose form was checked before, which is what bounds the recursion and the reserved memory.
    private mutating func buildValue() throws(MessagePackError) -> MessagePackValue {
        switch try peekKind() {
        case .null:
            try readNil()
            return .null
        case .bool: return .bool(try readBool())
        case .integer, .float:
            switch try readNumber() {
            case .signed(let value): return .int(value)
            case .unsigned(let value): return .uint(value)
            case .float(let value): return .float(value)
            case .double(let value): return .double(value)
            }
        case .string: return .string(try readString())
        case .binary: return .binary(Array(try readBinary()))
        case .array:
            let count = try readArrayHeader()
            var elements: [MessagePackValue] = []
            elements.reserveCapacity(count)
            for _ in 0..<count { elements.append(try buildValue()) }
            return .array(elements)
        case .map:
            let count = try readMapHeader()
            var entries: [MessagePackMapEntry] = []
            entries.reserveCapacity(count)
            for _ in 0..<count { entries.append(MessagePackMapEntry(try buildValue(), try buildValue())) }
            return .map(entries)
        case .ext:
            let start = offset
            let ext = try readExt()
            guard ext.type == MessagePackTimestamp.extType else { return .ext(type: ext.type, Array(ext.bytes)) }
            return .timestamp(try MessagePackTimestamp(extBytes: ext.bytes, at: start))
        }
    }
}

extension MessagePackWriter {
    /// Writes any value; throws `depthExceeded` for one that is nested deeper than `limits` allow.
    public mutating func writeValue(
        _ value: MessagePackValue, limits: MessagePackLimits = .standard
    ) throws(MessagePackError) {
        try writeValue(value, depthLeft: limits.maximumDepth)
    }

    mutating func writeValue(_ value: MessagePackValue, depthLeft: Int) throws(MessagePackError) {
        switch value {
        case .null: writeNil()
        case .bool(let value): writeBool(value)
        case .int(let value): writeInt(value)
        case .uint(let value): writeInt(value)
        case .float(let value): writeFloat(value)
        case .double(let value): writeDouble(value)
        case .string(let value): writeString(value)
        case .binary(let value): writeBinary(value)
        case .ext(let type, let bytes): writeExt(type: type, bytes)
        case .timestamp(let value): writeTimestamp(value)
        case .array(let elements):
            let depthLeft = try descend(depthLeft)
            writeArrayHeader(elements.count)
            for element in elements { try writeValue(element, depthLeft: depthLeft) }
        case .map(let entries):
            let depthLeft = try descend(depthLeft)
            writeMapHeader(entries.count)
            for entry in entries {
                try writeValue(entry.key, depthLeft: depthLeft)
                try writeValue(entry.value, depthLeft: depthLeft)
            }
        }
    }

    private func descend(_ depthLeft: Int) throws(MessagePackError) -> Int {
        guard depthLeft > 0 else {
            throw MessagePackError(
                .depthExceeded, "the value is nested deeper than the limit; flatten it or raise maximumDepth")
        }
        return depthLeft - 1
    }
}
