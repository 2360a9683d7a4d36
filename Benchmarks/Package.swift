// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that no build of the main one ever compiles a benchmark. Build it in release:
//   swift run -c release --package-path Benchmarks rpc-raw
let package = Package(
    name: "headframe-benchmarks",
    dependencies: [
        .package(name: "headframe", path: "..")
    ],
    targets: [
        // What the programs in C have in common.
        .target(name: "measuring"),
        // The yardstick: libzmq alone. In C, so that nothing of ours and nothing of Swift's runtime is in its way.
        .executableTarget(name: "rpc-raw", dependencies: ["measuring"], linkerSettings: [.linkedLibrary("zmq")]),
        // Holds miners' connections. It needs nothing of ours: what it measures is another process.
        .executableTarget(name: "stratum-load", swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]),
        // An hour's shares for bench-reporter, laid down as a stratum server lays them down.
        .executableTarget(
            name: "share-spool",
            dependencies: [
                .product(name: "HeadframeQueue", package: "headframe"),
                .product(name: "HeadframeMining", package: "headframe"),
            ],
            swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]),
        .executableTarget(name: "rpc-headframe", dependencies: [.product(name: "HeadframeMesh", package: "headframe")]),
        // The disk alone; and gearmand, which has to be installed: `scripts/install-packages bench`.
        .executableTarget(name: "queue-raw", dependencies: ["measuring"]),
        .executableTarget(
            name: "queue-gearman", dependencies: ["measuring"], linkerSettings: [.linkedLibrary("gearman")]),
        .executableTarget(
            name: "queue-headframe",
            dependencies: [
                .product(name: "HeadframeQueue", package: "headframe"),
                .product(name: "HeadframeMesh", package: "headframe"),
                .product(name: "HeadframeMeshRedis", package: "headframe"),
            ]),
    ]
)
