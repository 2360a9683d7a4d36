internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import Stratum

/// Vardiff over virtual time, with shares that come at random as they do from a real miner.
@Suite struct VardiffTests {
    /// Hashes of a scrypt share of difficulty 1.
    static let hashesPerDifficulty = 65536.0

    /// How the difficulty of one miner went.
    struct Course {
        /// Which change brought the difficulty within the factor of the ideal one, 0 where it began there; nil where none did.
        var settledAfter: Int?
        /// Changes in all.
        var changes = 0
        /// Time since then, and the part of it that was within the factor, in seconds.
        var sinceSettled = 0.0
        var within = 0.0
        /// Shares of the second half.
        var lateShares = 0
    }

    /// A miner of a hash rate for a time; its difficulty counts at once.
    ///
    /// The ideal difficulty is the one at which it would send exactly the wanted shares a minute.
    static func course(hashRate: Double, seed: UInt64, options: VardiffOptions, seconds: Double) -> Course {
        var random = SeededRandom(seed: seed)
        let origin = ContinuousClock.now
        var vardiff = Vardiff(options, now: origin)
        let ideal = hashRate / hashesPerDifficulty * options.secondsPerShare
        func isRight(_ difficulty: Double) -> Bool { (1 / 1.5...1.5).contains(difficulty / ideal) }

        var course = Course(settledAfter: isRight(options.start) ? 0 : nil)
        var time = 0.0
        var nextTick = 1.0
        var nextShare = random.exponential() * vardiff.difficulty * hashesPerDifficulty / hashRate
        while time < seconds {
            let next = min(nextTick, nextShare)
            if course.settledAfter != nil {
                course.sinceSettled += next - time
                if isRight(vardiff.difficulty) { course.within += next - time }
            }
            time = next
            let now = origin + .nanoseconds(Int64(time * 1e9))
            let changed: Double?
            if nextShare <= nextTick {
                changed = vardiff.count(difficulty: vardiff.difficulty, now: now)
                if time > seconds / 2 { course.lateShares += 1 }
            } else {
                changed = vardiff.tick(now: now)
                nextTick += 1
            }
            if changed != nil { course.changes += 1 }
            if changed != nil || nextShare <= time {
                // What was waited for before does not count: a search has no memory.
                nextShare = time + random.exponential() * vardiff.difficulty * hashesPerDifficulty / hashRate
            }
            if course.settledAfter == nil, isRight(vardiff.difficulty) { course.settledAfter = course.changes }
        }
        return course
    }

    /// From 1 kH/s to 1 TH/s, 100 seeds each, an hour: every miner's difficulty is within a factor of 1.5 of its ideal one after 5 changes at most,
    /// and from then on so for 95 % of the time: all miners of a hash rate taken together, and 95 of the 100 each by itself. 95 of them send the
    /// wanted shares a minute in the second half hour, within the same factor.
    @Test(arguments: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]) func settles(hashRate: Double) throws {
        let options = VardiffOptions()
        let seconds = 3600.0
        let courses = (1...100).map {
            Self.course(hashRate: hashRate, seed: $0, options: options, seconds: seconds)
        }
        let settled = courses.compactMap(\.settledAfter)
        #expect(settled.count == courses.count)
        let most = try #require(settled.max())
        #expect(most <= 5, "seed \(1 + (courses.firstIndex { $0.settledAfter == most } ?? 0))")
        let within = courses.reduce(0) { $0 + $1.within } / courses.reduce(0) { $0 + $1.sinceSettled }
        #expect(within >= 0.95)
        let steady = courses.count { $0.within >= 0.95 * $0.sinceSettled }
        #expect(steady >= 95)
        let wanted = options.sharesPerMinute * seconds / 120
        let right = courses.count { (1 / 1.5...1.5).contains(Double($0.lateShares) / wanted) }
        #expect(right >= 95)
        let changes = Double(courses.reduce(0) { $0 + $1.changes }) / Double(courses.count)
        print(
            "\(hashRate) H/s: settled after \(most) changes at most; within 1.5 for \((within * 1000).rounded() / 10) % of the time, \(steady) miners for 95 % of it; "
                + "\(right) of 100 at the share rate; \(changes) changes an hour")
    }

    @Test func aSettledMinerIsLeftAlone() {
        let options = VardiffOptions()
        let rate = options.start * Self.hashesPerDifficulty / options.secondsPerShare
        let courses = (1...100).map { Self.course(hashRate: rate, seed: $0, options: options, seconds: 3600) }
        #expect(courses.reduce(0) { $0 + $1.changes } <= 100)
    }

    @Test func itFollowsAMinerThatChanges() {
        var random = SeededRandom(seed: 5)
        var now = ContinuousClock.now
        var vardiff = Vardiff(VardiffOptions(), now: now)
        for difficulty in [1000.0, 10, 1_000_000, 0.01] {
            for _ in 0..<600 {
                now += .nanoseconds(Int64(random.exponential() * vardiff.difficulty / difficulty * 3e9))
                _ = vardiff.count(difficulty: vardiff.difficulty, now: now)
            }
            #expect((1 / 1.5...1.5).contains(vardiff.difficulty / difficulty))
        }
    }

    @Test func itFallsWhenNoShareComes() {
        let start = ContinuousClock.now
        var vardiff = Vardiff(VardiffOptions(start: 1e6, bounds: 0.001...1e9), now: start)
        var changes: [Double] = []
        for second in 1...120 {
            if let difficulty = vardiff.tick(now: start + .seconds(second)) { changes.append(difficulty) }
        }
        #expect(changes.count >= 3)
        #expect(changes == changes.sorted(by: >))
        #expect(vardiff.difficulty == 0.001)
        #expect(vardiff.tick(now: start + .seconds(1000)) == nil)
    }

    @Test func itStaysWithinItsBounds() {
        let now = ContinuousClock.now
        var vardiff = Vardiff(VardiffOptions(start: 4, bounds: 2...64), now: now)
        for _ in 0..<1000 { _ = vardiff.count(difficulty: vardiff.difficulty, now: now) }
        #expect(vardiff.difficulty == 64)
        vardiff.limit(to: 1...8, now: now)
        #expect(vardiff.difficulty == 8)
        vardiff.set(.nan, now: now)
        vardiff.set(0.001, now: now)
        #expect(vardiff.difficulty == 1)
    }

    /// Shares that were found before a change and come after it say nothing about the rate at the new difficulty.
    @Test func lateSharesCountAsWhatTheyAre() {
        let now = ContinuousClock.now
        var vardiff = Vardiff(VardiffOptions(start: 1), now: now)
        while vardiff.difficulty == 1 { _ = vardiff.count(difficulty: 1, now: now + .seconds(1)) }
        let raised = vardiff.difficulty
        for _ in 0..<20 { #expect(vardiff.count(difficulty: 1, now: now + .seconds(2)) == nil) }
        #expect(vardiff.difficulty == raised)
        vardiff.set(0.001, now: now + .seconds(2))
        for _ in 0..<20 { #expect(vardiff.count(difficulty: raised, now: now + .seconds(3)) == nil) }
    }

    @Test func optionsAreBroughtIntoWhatIsSensible() {
        #expect(VardiffOptions(start: .nan, bounds: 0...Double.infinity).bounds == VardiffOptions.sensible)
        #expect(VardiffOptions(start: -1, bounds: 1...2).start == 1)
        #expect(VardiffOptions(sharesPerMinute: .nan).sharesPerMinute == 20)
    }
}
