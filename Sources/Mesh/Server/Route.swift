/// The way back to whoever sent a request: the routing frames of its message, outermost first.
public struct Route: Sendable, Hashable {
    /// One frame of up to eight bytes, which is what a ROUTER makes up for a peer without an identity (five bytes).
    @usableFromInline let short: UInt64
    @usableFromInline let shortCount: UInt8
    /// Everything else.
    @usableFromInline let long: [[UInt8]]

    /// The most frames that are kept: so many proxies may stand between.
    public static let maximumFrames = 8

    /// The route of one frame, as a directly connected peer has it.
    public init(frame: UnsafeRawBufferPointer) {
        if frame.count <= 8 {
            var packed: UInt64 = 0
            for byte in frame { packed = packed << 8 | UInt64(byte) }
            short = packed
            shortCount = UInt8(frame.count)
            long = []
        } else {
            short = 0
            shortCount = 0
            long = [Array(frame)]
        }
    }

    /// The route of several frames.
    public init(frames: [[UInt8]]) {
        if frames.count == 1 {
            self = frames[0].withUnsafeBytes { Route(frame: $0) }
        } else {
            short = 0
            shortCount = 0
            long = frames
        }
    }

    /// By the frames.
    public func hash(into hasher: inout Hasher) {
        if long.isEmpty { hasher.combine(short) } else { hasher.combine(long) }
    }

    /// Whether both are the same frames.
    public static func == (left: Route, right: Route) -> Bool {
        left.short == right.short && left.shortCount == right.shortCount
            && (left.long.isEmpty && right.long.isEmpty || left.long == right.long)
    }

    /// The frames, outermost first.
    public var frames: [[UInt8]] {
        guard long.isEmpty else { return long }
        return [(0..<Int(shortCount)).reversed().map { UInt8(truncatingIfNeeded: short >> (8 * UInt64($0))) }]
    }

    /// Gives the bytes of the only frame where there is one of up to eight bytes; nil for every other route.
    @inlinable
    public func withShortFrame<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard long.isEmpty else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { bytes in
            bytes.storeBytes(of: (short << (64 - 8 * UInt64(max(shortCount, 1)))).bigEndian, as: UInt64.self)
            return body(UnsafeRawBufferPointer(rebasing: bytes[0..<Int(shortCount)]))
        }
    }
}

extension Route: Comparable {
    /// An order without a meaning, so that what is done for many goes the same way in every run.
    public static func < (left: Route, right: Route) -> Bool {
        guard left.long.isEmpty, right.long.isEmpty else {
            return left.frames.lexicographicallyPrecedes(right.frames) { $0.lexicographicallyPrecedes($1) }
        }
        return (left.short, left.shortCount) < (right.short, right.shortCount)
    }
}

/// One call or stream that a service runs: who asked, and under which name.
public struct ChannelKey: Sendable, Hashable, Comparable {
    /// The way back.
    public let route: Route
    /// The caller's name for it. Two callers may use one name: it counts only together with the route.
    public let identifier: MessageID

    /// By route, then by name.
    public static func < (left: ChannelKey, right: ChannelKey) -> Bool {
        (left.route, left.identifier) < (right.route, right.identifier)
    }
}
