internal import Glibc
public import Logging

/// The options that every service has: who it is, where its registry is, where it listens, how it logs.
public struct ServiceOptions: Sendable {
    /// The name of this instance, which stays the same across restarts: `jobmanager-1`.
    public var instance: String
    /// The mesh that it belongs to: the prefix of all keys in Redis.
    public var namespace = "headframe"
    /// The Redis server, or the default of the three below.
    public var redis = SecretURL("redis://127.0.0.1:6379")
    /// The Redis server of the registry, if it is another one; see ``discovery``.
    public var redisDiscovery: SecretURL?
    /// The Redis server of the shared state, if it is another one; see ``state``.
    public var redisState: SecretURL?
    /// The Redis server of the share log, if it is another one; see ``sharelog``.
    public var redisSharelog: SecretURL?
    /// The ports that are tried for the service's socket.
    public var ports = PortRange(17000...17999)
    /// The address that the service's socket is bound to.
    public var bind = "127.0.0.1"
    /// The host that other processes are told to connect to; without it, the address it is bound to. Where that is every
    /// address of the host (`0.0.0.0`, `::`) it has to be given.
    public var advertise: String?
    /// Whether sockets may be bound to addresses that other machines reach, although the mesh has no key.
    public var insecure = false
    /// The zone that callers in the same zone prefer.
    public var zone: String?
    /// The share of calls that this instance gets, compared with its siblings' weights.
    public var weight = 100
    /// How long the registry record lives; it is renewed every third of it.
    public var registryTTL: Duration = .seconds(15)
    /// How long draining may take, from the signal to the exit.
    public var drainBudget: Duration = .seconds(20)
    /// The port of the HTTP listener.
    public var httpPort = HTTPPort.port(0)
    /// The address of the HTTP listener.
    public var httpBind = "127.0.0.1"
    /// The statsd server that the metrics are sent to, beside `/metrics`; without it, none.
    public var statsd: StatsdTarget?
    /// The lowest level that is logged.
    public var logLevel = Logger.Level.info
    /// How log lines are written.
    public var logFormat = LogFormat.text
    /// Whether log lines have colours.
    public var logColor = LogColor.auto

    /// The defaults of a service.
    public init(service: String) {
        instance = "\(service)-1"
    }

    /// Where the registry is.
    public var discovery: SecretURL { redisDiscovery ?? redis }
    /// Where the shared state is.
    public var state: SecretURL { redisState ?? redis }
    /// Where the share log is.
    public var sharelog: SecretURL { redisSharelog ?? redis }
}

extension ServiceOptions {
    /// The section of the common options: `headframe` in a file, `HEADFRAME_` in the environment.
    static let section = "headframe"

    /// Settings of the mesh that some services alone have; the others take no offence at them.
    static let ofSomeServices = ["share-replicas"]

    static let settings: [Setting<ServiceOptions>] = [
        Setting("instance", \.instance, .name, "Name of this instance; keep it across restarts"),
        Setting("namespace", \.namespace, .name, "The mesh it belongs to: prefix of all keys in Redis"),
        Setting("redis", \.redis, .redis, "Redis, for everything that has no URL of its own below"),
        Setting("redis-discovery", \.redisDiscovery, .redis, absent: sameAsRedis, "Redis of the registry"),
        Setting("redis-state", \.redisState, .redis, absent: sameAsRedis, "Redis of the shared state"),
        Setting("redis-sharelog", \.redisSharelog, .redis, absent: sameAsRedis, "Redis of the share log"),
        Setting("ports", \.ports, .ports, "Ports tried for the service's socket, from a random one on"),
        Setting(
            "bind", \.bind, .host("ADDRESS"),
            "Address of the service's socket; 0.0.0.0 and :: need --advertise"),
        Setting(
            "advertise", \.advertise, .host("HOST"), absent: "the value of --bind",
            "Host that others are told to connect to"),
        Setting("insecure", \.insecure, .toggle, "Allow --bind and --http-bind to reach beyond this machine"),
        Setting("zone", \.zone, .name, absent: "none", "Zone; callers prefer instances of their own zone"),
        Setting("weight", \.weight, .integer(1...1000), "Share of the calls, compared with the other instances"),
        Setting(
            "registry-ttl", \.registryTTL, .duration(.seconds(1) ... .seconds(600)),
            "Life of the registry record; renewed every third of it"),
        Setting(
            "drain-seconds", \.drainBudget, .duration(.zero ... .seconds(3600)),
            "Longest time from SIGTERM to the exit"),
        Setting("http-port", \.httpPort, .httpPort, "Port of /healthz, /readyz and /metrics; 0 = any free one, or off"),
        Setting("http-bind", \.httpBind, .host("ADDRESS"), "Address of /healthz, /readyz, /metrics"),
        Setting(
            "statsd", \.statsd, .statsd, absent: "none",
            "statsd server for the metrics (UDP); ?rate=0.1 samples"),
        Setting("log-level", \.logLevel, .choice("LEVEL"), "Lowest level logged: trace, debug, info, notice, ..."),
        Setting("log-format", \.logFormat, .choice("FORMAT"), "text, or json for one object a line"),
        Setting("log-color", \.logColor, .choice("WHEN"), "auto (on a terminal), always or never"),
    ]

    private static let sameAsRedis = "the value of --redis"

    /// What cannot be seen in one value alone.
    func validate() throws(InvalidSetting) {
        try validateReach()
        guard advertise.map(isWildcard) != true else {
            throw InvalidSetting("--advertise \(advertise ?? "") is no host to connect to; \(Self.advertiseRemedy)")
        }
        guard advertise != nil || !isWildcard(bind) else {
            throw InvalidSetting(
                "--bind \(bind) means every address of this host, and others have to be told one of them; "
                    + Self.advertiseRemedy)
        }
    }

    private func validateReach() throws(InvalidSetting) {
        if insecure { return }
        guard isLoopback(bind) else {
            throw InvalidSetting(
                "--bind \(bind) can be reached from other machines and the mesh has no key; \(Self.remedy)")
        }
        guard httpPort == .off || isLoopback(httpBind) else {
            throw InvalidSetting(
                "--http-bind \(httpBind) can be reached from other machines and anybody may read there; \(Self.remedy)")
        }
    }

    private static let remedy =
        "bind to 127.0.0.1, or give --insecure (HEADFRAME_INSECURE=yes) if the network is trusted"
    private static let advertiseRemedy =
        "give the name or address by which they reach this host, such as --advertise 10.0.0.7 (HEADFRAME_ADVERTISE=10.0.0.7)"
}

/// Whether an address can be reached from this machine alone. A name such as `127.example.com` is no address.
func isLoopback(_ address: String) -> Bool {
    if ["localhost", "::1"].contains(address) { return true }
    var parsed = in_addr()
    // The first byte on the wire is the first number of the address.
    return inet_pton(AF_INET, address, &parsed) == 1 && UInt32(bigEndian: parsed.s_addr) >> 24 == 127
}

/// Whether an address stands for all addresses of the host: one can listen there, and nobody can connect to it.
func isWildcard(_ address: String) -> Bool {
    if address == "*" { return true }
    var (version4, version6) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, address, &version4) == 1 { return version4.s_addr == 0 }
    return inet_pton(AF_INET6, address, &version6) == 1 && withUnsafeBytes(of: version6) { $0.allSatisfy { $0 == 0 } }
}
