internal import CoinDaemon
internal import Mining

/// What the method `status` answers.
struct JobManagerStatus: Codable, Sendable, Hashable {
    /// The current job without its transactions; nil before the first template.
    var current: JobHeader?
    /// How long ago the current job was made.
    var currentAgeSeconds: Double?
    /// Each daemon, in the order of the list.
    var daemons: [DaemonStatus]
    /// How many jobs were made since the start.
    var jobsMade: Int
    /// How many jobs are kept in memory.
    var jobsCached: Int
    /// Why jobs are not being stored at the moment; nil while they are.
    var storeProblem: String?
}
