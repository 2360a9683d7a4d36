/// The tree is the architecture: on which level each target stands. Imports run downward only.
///
/// A target may be listed before it exists; one that exists and is not listed is a finding.
enum Levels {
    static let table: [(level: Int, targets: [String])] = [
        (0, ["CZeroMQ", "CHiredis", "CLinux"]),
        (1, ["EventLoop", "MessagePack", "Mining"]),
        (2, ["ZeroMQ", "Redis", "Mesh", "JobBoard", "Stratum"]),
        (
            3,
            [
                "MeshZeroMQ", "MeshRedis", "JobBoardRedis", "JobBoardSQLite", "DurableQueue", "BackgroundTasks",
                "CoinDaemon",
            ]
        ),
        (4, ["ServiceKit", "DurableQueueSQLite"]),
        (5, ["headframe", "jobmanager", "stratum", "gateway", "reporter", "worker", "dashboard"]),
    ]

    /// What only tests and other kits may reach.
    static let kits: Set<String> = [
        "MeshTestKit", "JobBoardTestKit", "DurableQueueTestKit", "TestSupport", "chaos-application", "chaos-member",
        "chaos-producer",
    ]

    /// What a target must not reach, not even through others, although it stands on a lower level.
    static let forbidden: [(target: String, reach: Set<String>, reason: String)] = [
        (
            "Mesh", ["EventLoop", "ZeroMQ", "Redis", "CZeroMQ", "CHiredis", "CLinux"],
            "the mesh decides without I/O; MeshZeroMQ and MeshRedis act"
        ),
        ("Mining", ["Mesh"], "the domain does not know the mesh; services know both"),
        ("Stratum", ["Mesh"], "the domain does not know the mesh; services know both"),
        ("JobBoard", ["Mesh"], "the domain does not know the mesh; services know both"),
    ]

    /// The test targets that are not named after one target of the package; `StratumTests` are the library's, so those of the
    /// service `stratum` have another name.
    static let generalTests: Set<String> = ["HouseTests", "IntegrationTests", "SimulationTests", "StratumServerTests"]

    static func level(of target: String) -> Int? { table.first { $0.targets.contains(target) }?.level }
}
