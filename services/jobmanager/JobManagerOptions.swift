internal import CoinDaemon

/// The options of the jobmanager, beside those that every service has.
struct JobManagerOptions: Sendable, Hashable {
    /// The coin daemons, the preferred one first; see `DaemonEndpoint.list(parsing:)` for the text form.
    var daemons: [DaemonEndpoint]
    /// How long a call to a daemon may take, long polls aside.
    var callDeadline: Duration = .seconds(5)
    /// How templates are fetched.
    var templates = TemplateSource.Options()
    /// How long a job is kept on a block that no ready daemon has.
    var loyalty: Duration = .seconds(10)
    /// How long it stays ready with its last job while no daemon gives templates.
    var daemonGrace: Duration = .seconds(30)
    /// The most jobs kept in memory.
    var cachedJobLimit = 64
    /// How long a job is kept in memory and in the store.
    var jobExpiry: Duration = .seconds(600)
}
