/// Cuts what comes from a connection into lines.
///
/// A line ends with a line feed, before which a carriage return may stand; empty lines are left out. What has no end yet is kept,
/// up to the limit.
public struct LineFramer: Sendable {
    /// The most bytes of a line, its end not counted.
    public let limit: Int
    /// Whether a line beyond the limit came. Nothing comes out any more: the connection is to be closed.
    public private(set) var isOverlong = false
    private var unfinished: [UInt8] = []

    /// - Parameter limit: the most bytes of a line; 16 KiB by default.
    public init(limit: Int = 16 << 10) {
        self.limit = limit
    }

    /// How many bytes of an unfinished line are kept.
    public var unfinishedBytes: Int { unfinished.count }

    /// The lines that end in these bytes, without their ends; those before an overlong line still come out.
    public mutating func append(_ bytes: some Collection<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while !isOverlong, !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            let part = rest[..<(end ?? rest.endIndex)]
            // One more than the limit, for the carriage return.
            guard unfinished.count + part.count <= limit + 1 else {
                giveUp()
                break
            }
            unfinished += part
            guard let end else { break }
            if unfinished.last == UInt8(ascii: "\r") { unfinished.removeLast() }
            guard unfinished.count <= limit else {
                giveUp()
                break
            }
            if !unfinished.isEmpty { lines.append(unfinished) }
            unfinished.removeAll(keepingCapacity: false)
            rest = rest[rest.index(after: end)...]
        }
        return lines
    }

    private mutating func giveUp() {
        isOverlong = true
        unfinished = []
    }
}
