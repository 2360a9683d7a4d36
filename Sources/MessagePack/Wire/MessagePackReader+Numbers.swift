/// A number as a message holds it, before it is asked to be of some type.
enum Number {
    case signed(Int64)
    /// Above Int64.max only.
    case unsigned(UInt64)
    case float(Float)
    case double(Double)

    /// The same number in the integer type asked for, or nil if that cannot hold it exactly.
    @inline(__always)
    func exactly<Target: FixedWidthInteger>(_: Target.Type) -> Target? {
        switch self {
        case .signed(let value): Target(exactly: value)
        case .unsigned(let value): Target(exactly: value)
        case .float(let value): Target(exactly: value)
        case .double(let value): Target(exactly: value)
        }
    }

    /// The same number as a `Double`, or nil if that cannot hold it exactly.
    var exactDouble: Double? {
        switch self {
        case .signed(let value): Double(exactly: value)
        case .unsigned(let value): Double(exactly: value)
        case .float(let value): Double(value)
        case .double(let value): value
        }
    }

    /// The nearest `Float`; nil for an integer that it cannot hold exactly and for a finite number beyond its range.
    var nearestFloat: Float? {
        switch self {
        case .signed(let value): return Float(exactly: value)
        case .unsigned(let value): return Float(exactly: value)
        case .float(let value): return value
        case .double(let value):
            let rounded = Float(value)
            return rounded.isInfinite && value.isFinite ? nil : rounded
        }
    }
}

extension Number: CustomStringConvertible {
    var description: String {
        switch self {
        case .signed(let value): "\(value)"
        case .unsigned(let value): "\(value)"
        case .float(let value): "\(value)"
        case .double(let value): "\(value)"
        }
    }
}

extension MessagePackReader {
    /// Takes an integer of any size; one above Int64.max throws `numberOutOfRange`.
    public mutating func readInt() throws(MessagePackError) -> Int64 {
        let start = offset
        switch try readInteger() {
        case .signed(let value): return value
        case let number: throw outOfRange(number, "Int64", at: start)
        }
    }

    /// Takes an integer of any size; one below 0 throws `numberOutOfRange`.
    public mutating func readUInt() throws(MessagePackError) -> UInt64 {
        let start = offset
        let number = try readInteger()
        guard let value = number.exactly(UInt64.self) else { throw outOfRange(number, "UInt64", at: start) }
        return value
    }

    /// Takes a floating-point number, or an integer that a `Double` holds exactly.
    public mutating func readDouble() throws(MessagePackError) -> Double {
        let start = offset
        let number = try readNumber()
        guard let value = number.exactDouble else { throw outOfRange(number, "Double", at: start) }
        return value
    }

    /// Takes a number of any kind that the integer type asked for holds exactly.
    @inline(__always)
    mutating func readExactly<Target: FixedWidthInteger>(_: Target.Type) throws(MessagePackError) -> Target {
        let start = offset
        let number = try readNumber()
        guard let value = number.exactly(Target.self) else { throw outOfRange(number, "\(Target.self)", at: start) }
        return value
    }

    /// Takes a number as the nearest `Float`: a `Double` is rounded, an integer has to fit exactly.
    mutating func readNearestFloat() throws(MessagePackError) -> Float {
        let start = offset
        let number = try readNumber()
        guard let value = number.nearestFloat else { throw outOfRange(number, "Float", at: start) }
        return value
    }

    /// Takes a number of any kind.
    mutating func readNumber() throws(MessagePackError) -> Number {
        switch try peekByte() {
        case Format.float32: return .float(Float(bitPattern: try readNumber(UInt32.self)))
        case Format.float64: return .double(Double(bitPattern: try readNumber(UInt64.self)))
        default: return try readInteger()
        }
    }

    @inline(__always)
    private mutating func readInteger() throws(MessagePackError) -> Number {
        let byte = try peekByte()
        switch byte {
        case Format.positiveFixInts, Format.negativeFixInts:
            advance(1)
            return .signed(Int64(Int8(bitPattern: byte)))
        case Format.uint8: return .signed(Int64(try readNumber(UInt8.self)))
        case Format.uint16: return .signed(Int64(try readNumber(UInt16.self)))
        case Format.uint32: return .signed(Int64(try readNumber(UInt32.self)))
        case Format.uint64:
            let value = try readNumber(UInt64.self)
            return Int64(exactly: value).map(Number.signed) ?? .unsigned(value)
        case Format.int8: return .signed(Int64(try readNumber(Int8.self)))
        case Format.int16: return .signed(Int64(try readNumber(Int16.self)))
        case Format.int32: return .signed(Int64(try readNumber(Int32.self)))
        case Format.int64: return .signed(try readNumber(Int64.self))
        default: throw mismatch(.integer)
        }
    }

    /// Puts the cursor back to `start` and says that the number there is not one of the type asked for.
    private mutating func outOfRange(_ number: Number, _ type: String, at start: Int) -> MessagePackError {
        advance(start - offset)
        return MessagePackError(.numberOutOfRange, "\(number) does not fit \(type) exactly", offset: start)
    }
}
