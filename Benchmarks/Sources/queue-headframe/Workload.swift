import DurableQueue

/// How much is done, and with whom.
struct Workload: Sendable {
    enum Role: String {
        /// Takes the entries in.
        case owner
        /// Holds what the owner takes in, until it is ended.
        case follower
    }

    var role = Role.owner
    var folder = ""
    /// The registry in which members find each other; empty for a queue by itself.
    var redis = ""
    var namespace = "bench"
    var payloadBytes = 100
    var inFlight = 100
    var seconds = 2

    static let warmUp = Duration.milliseconds(300)

    init(arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let text = rest.popFirst() else { throw Usage() }
            switch option {
            case "--role":
                guard let role = Role(rawValue: text) else { throw Usage() }
                self.role = role
            case "--folder": folder = text
            case "--redis": redis = text
            case "--namespace": namespace = text
            case "--payload": payloadBytes = try Self.positive(text)
            case "--in-flight": inFlight = try Self.positive(text)
            case "--seconds": seconds = try Self.positive(text)
            default: throw Usage()
            }
        }
        guard !folder.isEmpty, isReplicated || role == .owner else { throw Usage() }
    }

    private static func positive(_ text: String) throws -> Int {
        guard let value = Int(text), value > 0 else { throw Usage() }
        return value
    }

    var isReplicated: Bool { !redis.isEmpty }

    var mode: String { isReplicated ? "replicated(1)" : "queueOnly" }

    /// Without bounds that would end the measurement.
    var queue: QueueConfiguration {
        var configuration = QueueConfiguration(name: "bench")
        configuration.maximumEntries = .max
        configuration.maximumBytes = .max
        configuration.acknowledgeWithin = .seconds(60)
        if isReplicated { configuration.mode = .replicated(min: 1) }
        return configuration
    }

    var log: SegmentLogOptions {
        var options = SegmentLogOptions()
        options.maximumDiskBytes = 32 << 30
        return options
    }

    /// A group of those two that are there.
    var replication: ReplicationConfiguration {
        var configuration = ReplicationConfiguration()
        configuration.groupSize = 2
        configuration.growAfter = .milliseconds(100)
        return configuration
    }
}

struct Usage: Error, CustomStringConvertible {
    let description = """
        usage: queue-headframe --folder PATH [--payload BYTES] [--in-flight N] [--seconds S] \
        [--redis URL [--namespace NAME] [--role owner|follower]]
        """
}
