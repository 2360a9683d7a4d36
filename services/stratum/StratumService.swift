internal import Mesh
internal import Mining
internal import Stratum

/// What a stratum server offers in the mesh.
struct StratumService: Sendable {
    /// The service with its methods.
    let definition: ServiceDefinition

    /// - Parameters:
    ///   - server: Whose status it is.
    ///   - feed: Where its jobs come from.
    ///   - shares: What is recorded of its shares, for those who count them.
    init(_ server: StratumServer, feed: JobFeed, shares: ShareQueue) {
        var service = ServiceDefinition(name: StratumConfiguration.service)
        service.method(
            "status", "What this server does: its connections, shares, bans, its current job and where that comes from."
        ) { _ in
            try await StratumStatus(server, feed: feed, now: .now)
        }
        shares.offer(on: &service)
        definition = service
    }
}

/// What the method `status` answers.
struct StratumStatus: Codable, Sendable {
    /// The current job.
    struct CurrentJob: Codable, Sendable {
        var id: String
        var height: Int
        var previousBlockHash: String
        /// How long ago a jobmanager last stood behind it.
        var confirmedSecondsAgo: Double
    }

    /// An address that is kept away.
    struct Banned: Codable, Sendable {
        var address: String
        var secondsLeft: Double
        /// The how many-th ban in a row.
        var count: Int
    }

    /// How long shares took to be recorded.
    struct RecordingTimes: Codable, Sendable {
        /// Half of them took at most that.
        var p50Milliseconds: Double
        /// All but one in a hundred took at most that.
        var p99Milliseconds: Double
        /// How many of the last ones were looked at.
        var count: Int

        init(_ times: RecentTimes) {
            p50Milliseconds = times.quantile(0.5) / .milliseconds(1)
            p99Milliseconds = times.quantile(0.99) / .milliseconds(1)
            count = times.count
        }
    }

    /// `mining`, or `waiting` with the reason.
    var state: String
    /// Why it is not ready, by condition; empty while it is.
    var notReady: [String: String]
    /// Where it listens.
    var listening: [String]
    /// Connections at present.
    var connections: Int
    /// Connections that have a job.
    var mining: Int
    /// Connections that are logged in and wait for a job.
    var waiting: Int
    /// Shares answered in a second, over the last ten.
    var sharesPerSecond: Double
    /// Shares answered since the start, by outcome.
    var shares: [String: Int]
    /// How long the answers of the last accepted shares waited for the disk.
    var recording: RecordingTimes
    /// Blocks found since the start.
    var blocks: Int
    /// The addresses that are kept away.
    var bans: [Banned]
    /// The current job; nil before the first.
    var job: CurrentJob?
    /// The process' half of the extranonces.
    var extranonce: String

    /// The most bans that are listed.
    private static let banLimit = 1000

    /// The status of a server.
    init(_ server: StratumServer, feed: JobFeed, now: ContinuousClock.Instant) async throws {
        let parts = server.parts
        let summary = try await server.summary()
        state = feed.state
        notReady = feed.notReady
        listening = server.addresses.map(\.description)
        connections = summary.connections
        mining = summary.mining
        waiting = summary.waiting
        sharesPerSecond = parts.statistics.sharesPerSecond(now: now)
        shares = parts.statistics.shares
        recording = RecordingTimes(parts.statistics.recordingTimes)
        blocks = parts.statistics.blocks
        bans = parts.guardian.bansInForce(now: now).prefix(Self.banLimit).map {
            Banned(address: $0.address.description, secondsLeft: ($0.ends - now) / .seconds(1), count: $0.count)
        }
        job = parts.board.latest.map {
            CurrentJob(
                id: $0.work.jobID, height: $0.work.height, previousBlockHash: $0.work.previousBlockHash,
                confirmedSecondsAgo: (now - $0.confirmed) / .seconds(1))
        }
        extranonce = parts.extranonces.announced
    }
}
