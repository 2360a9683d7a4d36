internal import FoundationEssentials

extension MessagePackWriter {
    /// Writes a value of one of the standard library's scalar types and says so; writes nothing for another type.
    ///
    /// The comparisons of types vanish where the compiler specialises this.
    @inline(__always)
    mutating func writeScalar<Value>(_ value: Value) -> Bool {
        if Value.self == String.self {
            writeString(value as! String)
        } else if Value.self == Int.self {
            writeInt(value as! Int)
        } else if Value.self == Double.self {
            writeDouble(value as! Double)
        } else if Value.self == Bool.self {
            writeBool(value as! Bool)
        } else if Value.self == UInt64.self {
            writeInt(value as! UInt64)
        } else if Value.self == Int64.self {
            writeInt(value as! Int64)
        } else if Value.self == UInt32.self {
            writeInt(value as! UInt32)
        } else if Value.self == Int32.self {
            writeInt(value as! Int32)
        } else if Value.self == UInt.self {
            writeInt(value as! UInt)
        } else if Value.self == UInt8.self {
            writeInt(value as! UInt8)
        } else if Value.self == Int8.self {
            writeInt(value as! Int8)
        } else if Value.self == UInt16.self {
            writeInt(value as! UInt16)
        } else if Value.self == Int16.self {
            writeInt(value as! Int16)
        } else if Value.self == Float.self {
            writeFloat(value as! Float)
        } else {
            return false
        }
        return true
    }

    /// Writes a value of a type that MessagePack has a form for which the type's own `encode(to:)` would miss, and
    /// says so; writes nothing for another type.
    mutating func writeSpecial<Value>(_ value: Value, depthLeft: Int) throws(MessagePackError) -> Bool {
        if Value.self == MessagePackValue.self {
            try writeValue(value as! MessagePackValue, depthLeft: depthLeft)
        } else if Value.self == [UInt8].self {
            writeBinary(value as! [UInt8])
        } else if Value.self == Data.self {
            (value as! Data).withUnsafeBytes { writeBinary($0) }
        } else if Value.self == Date.self {
            writeTimestamp(try MessagePackTimestamp(value as! Date))
        } else if Value.self == MessagePackTimestamp.self {
            writeTimestamp(value as! MessagePackTimestamp)
        } else if Value.self == Int128.self {
            try writeWide(value as! Int128)
        } else if Value.self == UInt128.self {
            try writeWide(value as! UInt128)
        } else {
            return false
        }
        return true
    }

    private mutating func writeWide(_ value: some FixedWidthInteger) throws(MessagePackError) {
        if let value = Int64(exactly: value) {
            writeInt(value)
        } else if let value = UInt64(exactly: value) {
            writeInt(value)
        } else {
            throw MessagePackError(.numberOutOfRange, "\(value) does not fit the 64 bits that MessagePack has")
        }
    }
}

extension MessagePackReader {
    /// Takes a value of a type that is not left to its own `init(from:)`, or returns nil and takes nothing.
    @inline(__always)
    mutating func readKnown<Value>(_: Value.Type) throws(MessagePackError) -> Value? {
        if Value.self == String.self { return try readString() as? Value }
        if Value.self == Int.self { return try readExactly(Int.self) as? Value }
        if Value.self == Double.self { return try readDouble() as? Value }
        if Value.self == Bool.self { return try readBool() as? Value }
        if Value.self == UInt64.self { return try readExactly(UInt64.self) as? Value }
        if Value.self == Int64.self { return try readExactly(Int64.self) as? Value }
        if Value.self == UInt32.self { return try readExactly(UInt32.self) as? Value }
        if Value.self == Int32.self { return try readExactly(Int32.self) as? Value }
        if Value.self == UInt.self { return try readExactly(UInt.self) as? Value }
        if Value.self == UInt8.self { return try readExactly(UInt8.self) as? Value }
        if Value.self == Int8.self { return try readExactly(Int8.self) as? Value }
        if Value.self == UInt16.self { return try readExactly(UInt16.self) as? Value }
        if Value.self == Int16.self { return try readExactly(Int16.self) as? Value }
        if Value.self == Float.self { return try readNearestFloat() as? Value }
        return try readSpecial(Value.self)
    }

    private mutating func readSpecial<Value>(_: Value.Type) throws(MessagePackError) -> Value? {
        if Value.self == MessagePackValue.self { return try readValue() as? Value }
        if Value.self == [UInt8].self, try peekKind() == .binary { return Array(try readBinary()) as? Value }
        if Value.self == Data.self, try peekKind() == .binary { return Data(try readBinary()) as? Value }
        if Value.self == Date.self { return try readDate() as? Value }
        if Value.self == MessagePackTimestamp.self { return try readTimestamp() as? Value }
        if Value.self == Int128.self { return try readExactly(Int128.self) as? Value }
        if Value.self == UInt128.self { return try readExactly(UInt128.self) as? Value }
        return nil
    }

    /// A `Date` is a timestamp, or a number of seconds since 1970.
    private mutating func readDate() throws(MessagePackError) -> Date {
        guard try peekKind() == .ext else { return Date(timeIntervalSince1970: try readDouble()) }
        let timestamp = try readTimestamp()
        return Date(timeIntervalSince1970: Double(timestamp.seconds) + Double(timestamp.nanoseconds) / 1e9)
    }
}

extension MessagePackTimestamp {
    /// The nearest nanosecond to a date.
    fileprivate init(_ date: Date) throws(MessagePackError) {
        let whole = date.timeIntervalSince1970.rounded(.down)
        guard let seconds = Int64(exactly: whole), seconds < Int64.max else {
            throw MessagePackError(.numberOutOfRange, "a date of \(whole) s since 1970 does not fit a timestamp")
        }
        let nanoseconds = ((date.timeIntervalSince1970 - whole) * 1e9).rounded()
        self =
            nanoseconds < 1e9
            ? MessagePackTimestamp(seconds: seconds, nanoseconds: UInt32(nanoseconds))
            : MessagePackTimestamp(seconds: seconds + 1)
    }
}
