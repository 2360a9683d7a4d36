/// How the difficulty of a connection follows its hash rate.
public struct VardiffOptions: Sendable, Hashable {
    /// The difficulties that any server can count with: as a target, none of them is zero or beyond 256 bits.
    public static let sensible = 1e-9...1e15

    /// The difficulty to begin with.
    public var start: Double
    /// The lowest and the highest difficulty that is chosen.
    public var bounds: ClosedRange<Double>
    /// How many shares a minute a connection is to send.
    public var sharesPerMinute: Double

    /// Options, brought into what is sensible: bounds that are, a start within them, 0.1 to 600 shares a minute.
    public init(start: Double = 16, bounds: ClosedRange<Double> = 0.001...1e12, sharesPerMinute: Double = 20) {
        self.bounds = bounds.clamped(to: Self.sensible)
        self.start = start.isNaN ? self.bounds.lowerBound : start.clamped(to: self.bounds)
        self.sharesPerMinute = sharesPerMinute.isNaN ? 20 : sharesPerMinute.clamped(to: 0.1...600)
    }

    /// The mean time between two shares, in seconds.
    var secondsPerShare: Double { 60 / sharesPerMinute }
}

extension Comparable {
    /// The value, or the bound of the range that it lies beyond.
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
