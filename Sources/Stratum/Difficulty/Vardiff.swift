internal import Foundation

/// The difficulty of one connection, following its hash rate.
///
/// Shares come at random, so a rate is known only as well as shares were counted. The value counts them since the last change, beside how
/// many were to be expected, and changes the difficulty when both differ by more than ``deadband`` and chance hardly explains it: when the
/// logarithm of the likelihood ratio between the rate seen and the rate wanted exceeds ``evidence``. A rate that is far off is so found after a
/// few shares, one that is slightly off after a few minutes, and one that is right is left alone. No share at all is evidence as well, and
/// shows in ``tick(now:)``.
public struct Vardiff: Sendable {
    /// A rate within this factor of the wanted one is right.
    static let deadband = 1.15
    /// How much more likely the rate seen must be, as a logarithm: a factor of 400.
    static let evidence = 6.0
    /// Fewer shares than this do not raise it: their rate is known to 16 %.
    static let sharesToRaise = 40.0
    /// Fewer shares than this lower it only where the rate is ``farOff``.
    static let sharesToLower = 24.0
    /// A small part of the wanted rate.
    static let farOff = 1.0 / 8
    /// After this many expected shares, half of what was counted is forgotten, so that old times do not outvote new ones.
    static let memory = 400.0
    /// The most that it falls at once. Where no share came at all it is not known how far to fall: a twelfth at first, then steeper.
    static let steepestFall = 1.0 / 4096
    /// The shortest time that shares are counted over, in seconds.
    static let shortestCount = 0.01

    /// The difficulty for jobs from now on.
    public private(set) var difficulty: Double
    /// What it follows.
    public private(set) var options: VardiffOptions
    private var seen = 0.0
    private var expected = 0.0
    private var countedUntil: ContinuousClock.Instant
    private var fallsInARow = 0

    /// Begins at the options' start.
    public init(_ options: VardiffOptions, now: ContinuousClock.Instant) {
        self.options = options
        difficulty = options.start
        countedUntil = now
    }

    /// Counts a share that was accepted, or that there was no time to check.
    ///
    /// - Parameter share: the difficulty of the job that it was issued with. One of an easier job counts as the part that it is; one of
    ///   a harder job counts as one.
    /// - Returns: the new difficulty, where it changed.
    public mutating func count(difficulty share: Double, now: ContinuousClock.Instant) -> Double? {
        advance(to: now)
        seen += min(1, share / difficulty)
        fallsInARow = 0
        return reconsider()
    }

    /// Looks whether shares have been missing; to be called every second or so.
    ///
    /// - Returns: the new difficulty, where it changed.
    public mutating func tick(now: ContinuousClock.Instant) -> Double? {
        advance(to: now)
        return reconsider()
    }

    /// Begins to count anew, after a time in which no share could come.
    public mutating func restart(now: ContinuousClock.Instant) {
        seen = 0
        expected = 0
        countedUntil = now
    }

    /// Takes a difficulty that was asked for, within the bounds; NaN is left alone.
    public mutating func set(_ difficulty: Double, now: ContinuousClock.Instant) {
        guard !difficulty.isNaN else { return }
        self.difficulty = difficulty.clamped(to: options.bounds)
        fallsInARow = 0
        restart(now: now)
    }

    /// Takes other bounds; the difficulty moves into them.
    public mutating func limit(to bounds: ClosedRange<Double>, now: ContinuousClock.Instant) {
        options.bounds = bounds.clamped(to: VardiffOptions.sensible)
        set(difficulty, now: now)
    }

    private mutating func advance(to now: ContinuousClock.Instant) {
        guard now > countedUntil else { return }
        expected += (now - countedUntil) / .seconds(1) / options.secondsPerShare
        countedUntil = now
        if expected > Self.memory {
            expected /= 2
            seen /= 2
        }
    }

    private mutating func reconsider() -> Double? {
        // Shares that came at once say nothing about how fast they come.
        let expected = max(expected, Self.shortestCount / options.secondsPerShare)
        let ratio = seen / expected
        // The logarithm of the likelihood ratio of two Poisson rates.
        let surprise = seen > 0 ? seen * log(ratio) - seen + expected : expected
        guard surprise > Self.evidence else { return nil }
        if ratio > 1 {
            guard ratio > Self.deadband, seen >= Self.sharesToRaise else { return nil }
            return change(by: ratio)
        }
        guard ratio < 1 / Self.deadband else { return nil }
        guard seen == 0 else {
            // A rate that is known by a few shares is worth a change only where it is far off.
            return seen >= Self.sharesToLower || ratio < Self.farOff ? change(by: ratio) : nil
        }
        let falls = fallsInARow
        let changed = change(by: max(pow(0.5 / expected, pow(2, Double(falls))), Self.steepestFall))
        fallsInARow = min(falls + 1, 4)
        return changed
    }

    private mutating func change(by factor: Double) -> Double? {
        let old = difficulty
        set(rounded(difficulty * factor), now: countedUntil)
        return difficulty == old ? nil : difficulty
    }

    /// Three digits, which is what reads well in a log and is exact enough.
    private func rounded(_ difficulty: Double) -> Double {
        let unit = pow(10, (log10(difficulty)).rounded(.down) - 2)
        return unit >= 1 ? (difficulty / unit).rounded() * unit : (difficulty / unit).rounded() / (1 / unit).rounded()
    }
}
