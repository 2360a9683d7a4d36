/// Which life of an instance is meant: every start of a process under the same name gets a higher one.
public typealias Epoch = UInt64

/// The name of a service and of one of its instances, both stable over restarts.
public struct InstanceName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// What the instance is one of, such as `jobmanager`.
    public let service: String
    /// Which one it is, such as `jobmanager-1`.
    public let instance: String

    /// Names an instance.
    public init(service: String, instance: String) {
        self.service = service
        self.instance = instance
    }

    /// `service/instance`.
    public var description: String { "\(service)/\(instance)" }

    /// By service, then by instance.
    public static func < (left: InstanceName, right: InstanceName) -> Bool {
        (left.service, left.instance) < (right.service, right.instance)
    }
}

/// What an instance says of its readiness.
public enum InstanceState: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is there and not yet able to work.
    case starting
    /// It takes work.
    case ready
    /// It finishes what it has and takes nothing new.
    case draining
}

/// One entry of the registry: where an instance can be reached and what it says of itself.
public struct InstanceRecord: Sendable, Hashable {
    /// Who it is.
    public var name: InstanceName
    /// Which life of it.
    public var epoch: Epoch
    /// 64 random bits drawn at the start, so that even two processes with one epoch are told apart.
    public var nonce: UInt64
    /// Where it listens, such as `tcp://127.0.0.1:17000`.
    public var endpoint: String
    /// Whether it takes work.
    public var state: InstanceState
    /// The version of its program.
    public var version: String
    /// What it speaks beside ZeroRPC: `mesh/1`.
    public var `protocol`: String
    /// Where it stands; callers prefer their own zone. Empty for none.
    public var zone: String
    /// Its share of the calls relative to its siblings, 1 to 1000, 100 by default.
    public var weight: Int
    /// Its process id on `host`.
    public var pid: Int32
    /// The host that it runs on.
    public var host: String
    /// When it started, in milliseconds of Unix time: for people, never for decisions.
    public var startedMilliseconds: Int64
    /// How busy it says it is: calls in flight divided by its limit, 0 to 1.
    public var load: Double
    /// What instances of its service tell each other beyond the above, by name: at most ``attributeLimit``, see
    /// ``isAttribute(_:_:)``.
    public var attributes: [String: String] = [:]

    /// Makes a record; everything but the name and the place has a default.
    public init(
        name: InstanceName, epoch: Epoch, nonce: UInt64, endpoint: String, state: InstanceState = .starting,
        version: String = "", protocol: String = InstanceRecord.meshProtocol, zone: String = "", weight: Int = 100,
        pid: Int32 = 0, host: String = "", startedMilliseconds: Int64 = 0, load: Double = 0
    ) {
        self.name = name
        self.epoch = epoch
        self.nonce = nonce
        self.endpoint = endpoint
        self.state = state
        self.version = version
        self.protocol = `protocol`
        self.zone = zone
        self.weight = weight
        self.pid = pid
        self.host = host
        self.startedMilliseconds = startedMilliseconds
        self.load = load
    }

    /// The most attributes that a record has.
    public static let attributeLimit = 8

    /// Whether this can be an attribute: a name of 1 to 32 lower-case letters, digits and dashes, a value of at most 256 bytes.
    public static func isAttribute(_ name: String, _ value: String) -> Bool {
        let isName = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        return isName && (1...32).contains(name.utf8.count) && value.utf8.count <= 256
    }

    /// What a peer of this generation says in `protocol`.
    public static let meshProtocol = "mesh/1"

    /// The ROUTING_ID of its socket, `instance#epoch#nonce` with the nonce as 16 hex digits: the transport itself refuses to
    /// talk to another life of it.
    public var routingID: String { Self.routingID(instance: name.instance, epoch: epoch, nonce: nonce) }

    /// The ROUTING_ID of one life of an instance.
    public static func routingID(instance: String, epoch: Epoch, nonce: UInt64) -> String {
        let digits = String(nonce, radix: 16)
        return "\(instance)#\(epoch)#\(String(repeating: "0", count: 16 - digits.count))\(digits)"
    }
}
