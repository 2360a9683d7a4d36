internal import CoinDaemon
internal import Mining

/// The options of the jobmanager, beside those that every service has.
struct JobManagerOptions: Sendable, Hashable {
    /// The coin daemons, the preferred one first; see `DaemonEndpoint.list(parsing:)` for the text form.
    var daemons: [DaemonEndpoint]
    /// The network that the daemons have to be on.
    var network = Network.litecoinRegtest
    /// Who the coinbase pays; at least one.
    var payouts = [Payout.toAnybody]
    /// A text in the coinbase.
    var tag = ""
    /// How long the daemons may take until it is clear what became of a block.
    var submitDeadline: Duration = .seconds(8)
    /// How often found blocks are looked for in the chain.
    var followInterval: Duration = .seconds(10)
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

extension Payout {
    /// An output that anybody can spend (`OP_TRUE`): for test networks.
    static let toAnybody = Payout(script: "51", weight: 1)
}
