internal import Mining
internal import ServiceKit

/// What a reporter can be configured with.
struct ReporterConfiguration: ServiceConfiguration {
    static let service = "reporter"
    static let summary = "takes accepted shares out of the stratum servers' queues and counts them in Redis, each once"
    static let settings = [
        Setting<Self>(
            "pplns-window", \.window, .integer(1...Int(Int64.max / PoolShare.weightPerDifficulty), "DIFFICULTY"),
            "Difficulty of the shares in the window of PPLNS, by whole minutes"),
        Setting<Self>("pplns-minutes", \.windowMinutes, .integer(1...10_080), "Most minutes in the window of PPLNS"),
        Setting<Self>(
            "seen-life", \.seenLife, .duration(.seconds(900) ... .seconds(7 * 86_400)),
            "How long share hashes are remembered; longer than one server can be cut off while others are not"),
        Setting<Self>(
            "round-detail", \.detailLife, .duration(.seconds(0) ... .seconds(86_400)),
            "How long after a share a block before it may still be counted and end its round exactly"),
        Setting<Self>("batch-shares", \.batchShares, .integer(100...20_000), "Most shares counted in one step"),
        Setting<Self>(
            "batch-wait", \.batchWait, .duration(.zero ... .seconds(10)), "How long the first share of a batch waits"),
    ]

    var common = ServiceOptions(service: service)
    var window = 1_000_000
    var windowMinutes = 1440
    var seenLife: Duration = .seconds(24 * 3600)
    var detailLife: Duration = .seconds(2 * 3600)
    var batchShares = 5_000
    var batchWait: Duration = .milliseconds(100)

    /// How shares are counted.
    var counting: CountingOptions {
        CountingOptions(
            seenLife: seenLife, windowWeight: Int64(window) * PoolShare.weightPerDifficulty,
            windowMinutes: windowMinutes,
            detailLife: detailLife)
    }

    /// How sources are followed.
    var options: ShareReporter.Options {
        ShareReporter.Options(limits: SourceFollower.Limits(batchShares: batchShares, gatherFor: batchWait))
    }
}
