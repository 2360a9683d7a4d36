internal import CoinDaemon
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
    }

    /// The options of the part that makes jobs.
    func options() throws -> JobManagerOptions {
        var options = JobManagerOptions(daemons: try DaemonEndpoint.list(parsing: daemons))
        options.callDeadline = callDeadline
        options.daemonGrace = daemonGrace
        options.jobExpiry = jobExpiry
        options.templates.pollInterval = pollInterval
        return options
    }
}
