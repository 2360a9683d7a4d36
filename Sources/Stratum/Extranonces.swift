internal import Mining

/// The server's part of the extranonce: 8 bytes, of which the first four are the process' and the last four the connection's.
///
/// Two miners that were given the same one would search the same space.
public struct Extranonce1: Sendable, Hashable, CustomStringConvertible {
    /// Length in bytes.
    public static let length = 8

    /// The process' half: random, drawn once and announced to the other servers.
    public let process: UInt32
    /// The connection's half: counted.
    public let connection: UInt32

    /// An extranonce from its halves.
    public init(process: UInt32, connection: UInt32) {
        self.process = process
        self.connection = connection
    }

    /// Reads 16 hexadecimal digits of either case; nil for anything else.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex), bytes.count == Self.length else { return nil }
        self.init(
            process: bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) },
            connection: bytes[4...].reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// The bytes as they stand in the coinbase.
    public var bytes: [UInt8] {
        bigEndianBytes(process) + bigEndianBytes(connection)
    }

    /// 16 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    /// The digits.
    public var description: String { hex }
}

/// Where a process takes the extranonces of its connections from; the same one never comes twice.
///
/// Unique among servers by the process' random half: each announces its own, and one that meets its own draws another with
/// ``redraw(avoiding:using:)``.
public struct Extranonces: Sendable {
    /// The half that all connections from now on share.
    public private(set) var process: UInt32
    private var nextConnection: UInt32?
    private var usedBefore: Set<UInt32> = []

    /// - Parameter random: the source of the process' half: one that differs in every process.
    public init(using random: inout some RandomNumberGenerator) {
        process = random.next()
        nextConnection = 0
    }

    /// Begins at a counter, so that its end can be tested.
    init(process: UInt32, connection: UInt32) {
        self.process = process
        nextConnection = connection
    }

    /// The next connection's extranonce; nil when 2^32 were given out, after which ``redraw(avoiding:using:)`` is due.
    public mutating func next() -> Extranonce1? {
        guard let connection = nextConnection else { return nil }
        nextConnection = connection == .max ? nil : connection + 1
        return Extranonce1(process: process, connection: connection)
    }

    /// Draws another process' half: not one of those given, and none that this value had before.
    public mutating func redraw(avoiding taken: Set<UInt32>, using random: inout some RandomNumberGenerator) {
        usedBefore.insert(process)
        repeat { process = random.next() } while taken.contains(process) || usedBefore.contains(process)
        nextConnection = 0
    }
}
