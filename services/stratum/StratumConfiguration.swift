internal import Foundation
internal import ServiceKit
internal import Stratum

/// What a stratum server can be configured with.
struct StratumConfiguration: ServiceConfiguration {
    static let service = "stratum"
    static let summary = "gives miners work over Stratum, and checks their shares"
    static let settings = [
        Setting<Self>(
            "listen", \.listen, .text("ADDRESSES", maximumBytes: 4096),
            "Where miners connect: HOST:PORT?d=16&min=1&max=1024&rate=20&proxy=off,..."),
        Setting<Self>(
            "difficulty", \.difficulty, .difficulty, "Difficulty to begin with, unless the address or the password says"
        ),
        Setting<Self>("min-difficulty", \.minimumDifficulty, .difficulty, "Lowest difficulty"),
        Setting<Self>("max-difficulty", \.maximumDifficulty, .difficulty, "Highest difficulty"),
        Setting<Self>(
            "shares-per-minute", \.sharesPerMinute, .number(0.1...600),
            "How many shares a connection is to send a minute"),
        Setting<Self>(
            "proxies", \.proxies, .text("NETWORKS", maximumBytes: 4096), absent: "none",
            "Networks of proxies, whose connections begin with a PROXY header: 10.0.0.0/8,::1"),
        Setting<Self>("connections", \.connections, .integer(1...1_000_000), "Most connections in all"),
        Setting<Self>(
            "connections-per-address", \.connectionsPerAddress, .integer(1...1_000_000),
            "Most connections of one address (IPv6: of a /64)"),
        Setting<Self>(
            "authorizes-per-minute", \.authorizesPerMinute, .integer(1...1_000_000),
            "Most authorizations of one address in a minute"),
        Setting<Self>(
            "handshake-timeout", \.handshakeTimeout, .duration(.milliseconds(100) ... .seconds(600)),
            "How long a connection may take until a worker is authorized"),
        Setting<Self>(
            "idle-timeout", \.idleTimeout, .duration(.seconds(1) ... .seconds(86400)),
            "How long a miner may say nothing"),
        Setting<Self>(
            "send-timeout", \.sendTimeout, .duration(.milliseconds(100) ... .seconds(600)),
            "How long a miner may leave unread what is sent to it"),
        Setting<Self>(
            "job-age", \.jobAge, .duration(.seconds(1) ... .seconds(86400)),
            "How long the last job is mined on while all jobmanagers are away"),
        Setting<Self>(
            "ban-after", \.banAfter, .integer(1...1_000_000),
            "How many invalid shares (halved every minute) are a flood, if they are most of an address' shares"),
        Setting<Self>(
            "ban-time", \.banTime, .duration(.seconds(1) ... .seconds(900)),
            "How long the first ban is; it doubles up to 15 minutes"),
        Setting<Self>("threads", \.threads, .integer(1...256), "Threads that serve connections"),
        Setting<Self>("hash-threads", \.hashThreads, .integer(1...256), "Threads that check shares"),
        Setting<Self>(
            "hash-queue", \.hashQueue, .integer(1...1_000_000),
            "Most shares that wait to be checked; further ones are answered as busy"),
        Setting<Self>(
            "spool", \.spool, .text("FOLDER", maximumBytes: 4096),
            "Folder of accepted shares that are not counted and found blocks that are not decided yet, by instance"),
        Setting<Self>(
            "share-replicas", \.shareReplicas, .integer(0...7),
            "How many other stratum servers have to hold an accepted share before its miner is answered"
        ).ofTheMesh(),
        Setting<Self>(
            "share-bound", \.shareBound, .integer(1000...100_000_000),
            "Most accepted shares that wait to be counted; further ones are refused"),
        Setting<Self>(
            "share-disk", \.shareDisk, .integer(64...1_048_576, "MEBIBYTES"),
            "Most that accepted shares take on the disk, those of the last 15 minutes included; further ones are refused"
        ),
    ]

    var common = ServiceOptions(service: service)
    var listen = "127.0.0.1:3333"
    var difficulty = 16.0
    var minimumDifficulty = 0.001
    var maximumDifficulty = 1e12
    var sharesPerMinute = 20.0
    var proxies: String?
    var connections = 50_000
    var connectionsPerAddress = 4096
    var authorizesPerMinute = 6000
    var handshakeTimeout: Duration = .seconds(30)
    var idleTimeout: Duration = .seconds(900)
    var sendTimeout: Duration = .seconds(10)
    var jobAge: Duration = .seconds(600)
    var banAfter = 200
    var banTime: Duration = .seconds(30)
    var threads = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    var hashThreads = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
    var hashQueue = 4096
    var spool = "spool"
    var shareReplicas = 0
    var shareBound = 1_000_000
    var shareDisk = 4096

    func validate() throws(InvalidSetting) {
        do throws(InvalidSetting) {
            _ = try ListenAddress.list(parsing: listen)
        } catch {
            throw InvalidSetting("--listen: \(error.description)")
        }
        guard proxies.map({ AddressRange.list($0) != nil }) ?? true else {
            throw InvalidSetting(
                "--proxies: not a list of networks; give addresses or networks such as 127.0.0.1,10.0.0.0/8")
        }
        guard minimumDifficulty <= maximumDifficulty else {
            throw InvalidSetting("--min-difficulty is above --max-difficulty; give the lower one as --min-difficulty")
        }
    }

    /// The folder of this instance's found blocks.
    var spoolOfInstance: String { "\(spool)/\(common.instance)" }

    /// The options of the queue of accepted shares.
    var shares: ShareQueueOptions {
        ShareQueueOptions(
            instance: common.instance, spool: spool, entries: shareBound, diskBytes: shareDisk << 20,
            replicas: shareReplicas)
    }

    /// The options of the server of miners.
    func options() throws -> ServerOptions {
        var options = ServerOptions(listen: try ListenAddress.list(parsing: listen))
        options.proxies = proxies.flatMap { AddressRange.list($0) } ?? []
        options.session = SessionOptions(
            vardiff: VardiffOptions(
                start: difficulty, bounds: minimumDifficulty...maximumDifficulty, sharesPerMinute: sharesPerMinute))
        options.session.jobAge = jobAge
        options.limits = AddressLimits.Policy(
            connections: connections, connectionsPerAddress: connectionsPerAddress,
            authorizesPerMinute: authorizesPerMinute)
        options.bans.floodLimit = Double(banAfter)
        options.bans.firstBan = banTime
        options.handshakeTimeout = handshakeTimeout
        options.idleTimeout = idleTimeout
        options.sendTimeout = sendTimeout
        options.loopThreads = threads
        options.hashThreads = hashThreads
        options.hashQueue = hashQueue
        options.drainTime = min(options.drainTime, common.drainBudget / 4)
        return options
    }
}

extension SettingType where Value == Double {
    /// A pool difficulty.
    fileprivate static var difficulty: Self { number(VardiffOptions.sensible) }

    /// A number in `range`.
    fileprivate static func number(_ range: ClosedRange<Double>) -> Self {
        .init("NUMBER", describe: { "\($0)" }) { text throws(InvalidSetting) in
            guard let number = Double(text), range.contains(number) else {
                throw InvalidSetting(
                    "not a number from \(range.lowerBound) to \(range.upperBound); give one such as \(range.lowerBound)"
                )
            }
            return number
        }
    }
}
