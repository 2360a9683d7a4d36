internal import CoinDaemon
internal import Mining
internal import ServiceKit

/// What a jobmanager can be configured with.
struct JobManagerConfiguration: ServiceConfiguration {
    static let service = "jobmanager"
    static let summary = "takes block templates from coin daemons and publishes them as jobs"
    static let settings = [
        Setting<Self>(
            "daemons", \.daemons, .text("URLS", maximumBytes: 4096),
            "Coin daemons, the preferred one first: http://HOST:PORT?cookie=FILE,http://USER:PASSWORD@HOST:PORT"),
        Setting<Self>(
            "network", \.network, .choice("NETWORK"),
            "The network that addresses belong to: litecoin, litecoin-testnet, litecoin-regtest, bitcoin, ..."),
        Setting<Self>(
            "payout", \.payout, .text("ADDRESSES", maximumBytes: 4096), absent: "none",
            "Who the blocks pay: ADDRESS, or ADDRESS:WEIGHT,ADDRESS:WEIGHT; needed on a main network"),
        Setting<Self>(
            "tag", \.tag, .text("TEXT", maximumBytes: 32), "A text in each block's coinbase that names the pool"),
        Setting<Self>(
            "submit-deadline", \.submitDeadline, .duration(.seconds(1) ... .seconds(60)),
            "How long the daemons may take with a found block before it is tried again"),
        Setting<Self>(
            "follow-interval", \.followInterval, .duration(.milliseconds(100) ... .seconds(3600)),
            "How often found blocks are looked for in the chain until they are mature"),
        Setting<Self>(
            "poll-interval", \.pollInterval, .duration(.milliseconds(100) ... .seconds(60)),
            "How often a daemon is asked while nothing tells of a new block"),
        Setting<Self>(
            "call-deadline", \.callDeadline, .duration(.milliseconds(100) ... .seconds(60)),
            "How long a daemon may take to answer"),
        Setting<Self>(
            "daemon-grace", \.daemonGrace, .duration(.milliseconds(100) ... .seconds(3600)),
            "How long it stays ready with its last job while no daemon gives templates"),
        Setting<Self>(
            "job-expiry", \.jobExpiry, .duration(.seconds(10) ... .seconds(86400)),
            "How long a job is kept, in memory and in Redis"),
    ]

    var common = ServiceOptions(service: service)
    var daemons = "http://127.0.0.1:9332"
    var network = Network.litecoin
    var payout: String?
    var tag = "/Headframe/"
    var submitDeadline: Duration = .seconds(8)
    var followInterval: Duration = .seconds(10)
    var pollInterval: Duration = .seconds(5)
    var callDeadline: Duration = .seconds(5)
    var daemonGrace: Duration = .seconds(30)
    var jobExpiry: Duration = .seconds(600)

    func validate() throws(InvalidSetting) {
        do throws(CoinDaemonError) {
            _ = try DaemonEndpoint.list(parsing: daemons)
        } catch {
            throw InvalidSetting("--daemons: \(error.message)")
        }
        do throws(JobManagerError) {
            _ = try payouts()
        } catch {
            throw InvalidSetting("--payout: \(error.message)")
        }
    }

    /// Who is paid. On a network for tests it may be left open: then anybody may take what is mined.
    private func payouts() throws(JobManagerError) -> [Payout] {
        if let payout { return try PayoutList.parse(payout, on: network) }
        guard network.isForTests else {
            throw JobManagerError(
                code: .invalidArgument,
                message:
                    "nobody is paid for the blocks; give an address of \(network.rawValue) (JOBMANAGER_PAYOUT), or --network for a test network"
            )
        }
        return [Payout.toAnybody]
    }

    /// The options of the part that makes jobs.
    func options() throws -> JobManagerOptions {
        var options = JobManagerOptions(daemons: try DaemonEndpoint.list(parsing: daemons))
        options.network = network
        options.payouts = try payouts()
        options.tag = tag
        options.submitDeadline = submitDeadline
        options.followInterval = followInterval
        options.callDeadline = callDeadline
        options.daemonGrace = daemonGrace
        options.jobExpiry = jobExpiry
        options.templates.pollInterval = pollInterval
        return options
    }
}
