/// The format bytes of the specification, <https://github.com/msgpack/msgpack/blob/master/spec.md>.
enum Format {
    static let fixMap: UInt8 = 0x80
    static let fixArray: UInt8 = 0x90
    static let fixString: UInt8 = 0xa0
    static let null: UInt8 = 0xc0
    static let reserved: UInt8 = 0xc1
    static let no: UInt8 = 0xc2
    static let yes: UInt8 = 0xc3
    static let binary8: UInt8 = 0xc4
    static let binary16: UInt8 = 0xc5
    static let binary32: UInt8 = 0xc6
    static let ext8: UInt8 = 0xc7
    static let ext16: UInt8 = 0xc8
    static let ext32: UInt8 = 0xc9
    static let float32: UInt8 = 0xca
    static let float64: UInt8 = 0xcb
    static let uint8: UInt8 = 0xcc
    static let uint16: UInt8 = 0xcd
    static let uint32: UInt8 = 0xce
    static let uint64: UInt8 = 0xcf
    static let int8: UInt8 = 0xd0
    static let int16: UInt8 = 0xd1
    static let int32: UInt8 = 0xd2
    static let int64: UInt8 = 0xd3
    static let fixExt1: UInt8 = 0xd4
    static let fixExt2: UInt8 = 0xd5
    static let fixExt4: UInt8 = 0xd6
    static let fixExt8: UInt8 = 0xd7
    static let fixExt16: UInt8 = 0xd8
    static let string8: UInt8 = 0xd9
    static let string16: UInt8 = 0xda
    static let string32: UInt8 = 0xdb
    static let array16: UInt8 = 0xdc
    static let array32: UInt8 = 0xdd
    static let map16: UInt8 = 0xde
    static let map32: UInt8 = 0xdf

    static let positiveFixInts: ClosedRange<UInt8> = 0x00...0x7f
    static let fixMaps: ClosedRange<UInt8> = 0x80...0x8f
    static let fixArrays: ClosedRange<UInt8> = 0x90...0x9f
    static let fixStrings: ClosedRange<UInt8> = 0xa0...0xbf
    static let negativeFixInts: ClosedRange<UInt8> = 0xe0...0xff
}

/// What kind of value comes next in a message, as its first byte tells.
public enum MessagePackKind: String, Sendable, Hashable {
    /// nil.
    case null
    /// true or false.
    case bool
    /// A signed or unsigned integer.
    case integer
    /// A 32-bit or 64-bit floating-point number.
    case float
    /// A UTF-8 string.
    case string
    /// A byte array.
    case binary
    /// A sequence of values.
    case array
    /// A sequence of key and value pairs.
    case map
    /// A typed byte array; type -1 is a timestamp.
    case ext

    /// The kind that a first byte announces; nil for 0xc1, which the specification never uses.
    public init?(firstByte: UInt8) {
        switch firstByte {
        case 0x00...0x7f, 0xcc...0xd3, 0xe0...0xff: self = .integer
        case 0x80...0x8f, 0xde, 0xdf: self = .map
        case 0x90...0x9f, 0xdc, 0xdd: self = .array
        case 0xa0...0xbf, 0xd9...0xdb: self = .string
        case 0xc0: self = .null
        case 0xc2, 0xc3: self = .bool
        case 0xc4...0xc6: self = .binary
        case 0xca, 0xcb: self = .float
        case 0xc7...0xc9, 0xd4...0xd8: self = .ext
        default: return nil
        }
    }
}
