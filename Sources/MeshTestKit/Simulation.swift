internal import Mesh

/// What one run of the simulation found.
public struct SimulationReport: Sendable {
    /// The seed that determines the whole run.
    public let seed: UInt64
    /// What did not hold, in order; empty for a good run.
    public let violations: [String]
    /// The faults, in the order in which they were injected.
    public let faults: [String]
    /// The last events before the first violation, where they were traced.
    public let trace: [String]
    /// How long the run was in virtual time.
    public let duration: Duration
    /// Deliveries of all consumers.
    public let deliveryCount: Int
    /// Calls of all consumers.
    public let callCount: Int
    /// A number that two runs share only if they went the same way.
    public let fingerprint: UInt64
}

/// A mesh in virtual time: publishers, consumers, a network and a registry with faults, all of it determined by a seed.
public struct Simulation {
    /// How a run is made.
    public struct Options: Sendable {
        /// Publishers, each with a daemon of its own.
        public var publisherCount = 3
        /// Consumers, each of which subscribes and calls.
        public var consumerCount = 4
        /// The decision that is got wrong; nil for none.
        public var mutant: Mutant?
        /// Whether the last events are kept; costs time.
        public var isTracing = false

        /// Three publishers, four consumers, no mutant.
        public init() {}
    }

    /// Runs one seed to its end or to the first violation.
    public static func run(seed: UInt64, options: Options = Options()) -> SimulationReport {
        let scene = Scene(seed: seed, options: options)
        return scene.run()
    }
}
