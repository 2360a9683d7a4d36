/// Where a piece of work belongs in a distributed trace (W3C Trace Context, `traceparent` version 00).
public struct TraceContext: Sendable, Hashable {
    /// The trace, 32 lower-case hex digits.
    public let traceID: String
    /// The piece of work, 16 lower-case hex digits.
    public let spanID: String
    /// Whether whoever started the trace records it.
    public let isSampled: Bool

    /// Where the running task belongs; handlers run with that of their request, and calls carry it on.
    @TaskLocal public static var current: TraceContext?

    /// Begins a trace.
    public init(using random: inout some RandomNumberGenerator) {
        traceID = Self.hex(random.next()) + Self.hex(random.next() | 1)
        spanID = Self.hex(random.next() | 1)
        isSampled = true
    }

    /// Reads `00-<trace>-<span>-<flags>`; nil for anything else, for which the specification asks to start anew.
    public init?(traceparent: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00", Self.isHex(parts[1], 32), Self.isHex(parts[2], 16),
            Self.isHex(parts[3], 2),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        traceID = String(parts[1])
        spanID = String(parts[2])
        isSampled = (UInt8(parts[3], radix: 16) ?? 0) & 1 == 1
    }

    /// As it travels.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
