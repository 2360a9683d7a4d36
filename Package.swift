// swift-tools-version: 6.2
import PackageDescription

/// What every target is compiled with: Swift 6, warnings as errors, an access level on every import.
let houseRules: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: houseRules)
}

func service(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "services/\(name)", swiftSettings: houseRules)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: houseRules)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")

let package = Package(
    name: "headframe",
    products: [
        .library(
            name: "Headframe",
            targets: ["EventLoop", "MessagePack", "ZeroMQ", "Redis", "Mesh", "MeshZeroMQ", "MeshRedis", "ServiceKit"]),
        // The mesh alone, for those who bring their own process: no HTTP server, no configuration.
        .library(name: "HeadframeMesh", targets: ["EventLoop", "MessagePack", "ZeroMQ", "Mesh", "MeshZeroMQ"]),
        // A registry in Redis, for those.
        .library(name: "HeadframeMeshRedis", targets: ["Redis", "MeshRedis"]),
        // What a block, a job and a share are, without anything that speaks to anybody.
        .library(name: "HeadframeMining", targets: ["Mining"]),
        .library(name: "HeadframeQueue", targets: ["DurableQueue"]),
        .library(name: "HeadframeQueueSQLite", targets: ["DurableQueueSQLite"]),
        .executable(name: "headframe", targets: ["headframe"]),
        .executable(name: "jobmanager", targets: ["jobmanager"]),
        .executable(name: "reporter", targets: ["reporter"]),
        .executable(name: "stratum", targets: ["stratum"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Level 0: the C libraries, as module maps with static inline shims.
        .systemLibrary(name: "CZeroMQ"),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CLinux"),

        // Level 1
        library("EventLoop", ["CZeroMQ", "CLinux", heap, logging]),
        library("MessagePack"),
        library("Mining", [crypto, cryptoExtras]),

        // Level 2
        library("ZeroMQ", ["CZeroMQ", "EventLoop"]),
        library("Redis", ["CHiredis", "EventLoop", logging]),
        library("Mesh", ["MessagePack", heap, logging, metrics]),
        library("Stratum", ["Mining"]),

        // Level 3
        library("MeshZeroMQ", ["EventLoop", "Mesh", "ZeroMQ", logging]),
        library("MeshRedis", ["EventLoop", "Mesh", "Redis", logging]),
        library("DurableQueue", ["CLinux", "Mesh", deque, heap, logging, metrics]),
        library("DurableQueueSQLite", ["DurableQueue", grdb]),
        library("CoinDaemon", ["Mining", httpClient, nioCore, nioHTTP, nioPosix, logging]),

        // Level 4
        library(
            "ServiceKit",
            [
                "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ", "Redis", "ZeroMQ", configuration, hummingbird,
                hummingbirdCore, lifecycle, nioCore, logging, metrics, histogram,
            ]),

        // Level 5
        .executableTarget(
            name: "headframe",
            dependencies: [
                "CoinDaemon", "DurableQueue", "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ", "MessagePack", "Mining",
                "Redis",
                "ServiceKit", "ZeroMQ", arguments, crypto, cryptoExtras, httpClient, logging, nioCore, nioPosix,
            ],
            swiftSettings: houseRules),
        service(
            "jobmanager",
            [
                "CoinDaemon", "EventLoop", "Mesh", "MessagePack", "Mining", "Redis", "ServiceKit", crypto, httpClient,
                lifecycle, logging, metrics,
            ]),
        service(
            "reporter",
            [
                "DurableQueue", "EventLoop", "Mesh", "Mining", "Redis", "ServiceKit", lifecycle, logging, metrics,
            ]),
        service(
            "stratum",
            [
                "DurableQueue", "EventLoop", "Mesh", "MessagePack", "Mining", "Redis", "ServiceKit", "Stratum",
                lifecycle, logging,
                metrics,
                nioCore, nioPosix,
            ]),

        // Test kits
        library("MeshTestKit", ["Mesh", "MessagePack", heap]),
        library("DurableQueueTestKit", ["DurableQueue", "Mesh"]),
        .target(name: "TestSupport", dependencies: [logging], path: "Tests/Support", swiftSettings: houseRules),

        // Programs that tests run
        .executableTarget(
            name: "chaos-application", dependencies: ["DurableQueue", "DurableQueueSQLite", grdb],
            path: "Tests/Chaos/Application", swiftSettings: houseRules),
        .executableTarget(
            name: "chaos-member",
            dependencies: ["DurableQueue", "EventLoop", "Mesh", "Redis", "ServiceKit", lifecycle],
            path: "Tests/Chaos/Member", swiftSettings: houseRules),
        .executableTarget(
            name: "chaos-producer", dependencies: ["EventLoop", "Mesh", "ServiceKit", lifecycle, logging],
            path: "Tests/Chaos/Producer", swiftSettings: houseRules),

        // Tests
        tests("HouseTests", ["Mesh", "MessagePack", "TestSupport"]),
        tests("TestSupportTests", ["TestSupport"]),
        tests("MiningTests", ["Mining", "TestSupport", crypto]),
        tests("StratumTests", ["Stratum", "Mining", "TestSupport"]),
        tests(
            "StratumServerTests",
            [
                "stratum", "DurableQueue", "DurableQueueTestKit", "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ",
                "MessagePack", "Mining", "Redis", "ServiceKit", "Stratum", "TestSupport", "ZeroMQ", lifecycle, logging,
                nioCore, nioPosix,
            ]),
        tests("CoinDaemonTests", ["CoinDaemon", "Mining", "TestSupport", httpClient, logging]),
        tests(
            "JobManagerTests",
            ["jobmanager", "CoinDaemon", "EventLoop", "Mining", "Redis", "TestSupport", httpClient, logging]),
        tests("EventLoopTests", ["EventLoop"]),
        tests("ZeroMQTests", ["EventLoop", "Mesh", "MeshZeroMQ", "ZeroMQ", "TestSupport"]),
        tests("MeshTests", ["Mesh", "MessagePack", "TestSupport", logging]),
        tests("MessagePackTests", ["MessagePack", "TestSupport"]),
        tests("MeshRedisTests", ["EventLoop", "Mesh", "MeshRedis", "Redis", "TestSupport", logging]),
        tests(
            "DurableQueueTests",
            [
                "DurableQueue", "DurableQueueTestKit", "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ", "Redis",
                "TestSupport",
                "ZeroMQ", logging,
            ]),
        tests(
            "DurableQueueSQLiteTests",
            ["DurableQueue", "DurableQueueSQLite", "DurableQueueTestKit", "TestSupport", grdb]),
        tests(
            "ReporterTests",
            [
                "reporter", "DurableQueue", "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ", "Mining", "Redis",
                "ServiceKit", "TestSupport", "ZeroMQ", logging,
            ]),
        tests("SimulationTests", ["MeshTestKit"]),
        tests("RedisTests", ["Redis", "EventLoop", "TestSupport", logging]),
        tests("ServiceKitTests", ["ServiceKit", "TestSupport", lifecycle, logging, metrics]),
        tests(
            "HeadframeTests",
            [
                "headframe", "CoinDaemon", "DurableQueue", "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ",
                "MessagePack", "Redis",
                "ServiceKit", "TestSupport", "ZeroMQ", arguments, logging,
            ]),
        tests(
            "IntegrationTests",
            [
                "headframe", "jobmanager", "stratum", "EventLoop", "Mesh", "MeshRedis", "MeshZeroMQ", "MessagePack",
                "Mining", "Redis", "TestSupport", "ZeroMQ", logging,
            ]),
    ]
)
