// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as yours would be:
//   HEADFRAME_ENV_FILE=.headframe/env swift run --package-path Examples greeter
let package = Package(
    name: "headframe-examples",
    dependencies: [.package(name: "headframe", path: "..")],
    targets: [
        .executableTarget(
            name: "greeter",
            dependencies: [.product(name: "Headframe", package: "headframe")],
            swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
        .executableTarget(
            name: "mailer",
            dependencies: [
                .product(name: "Headframe", package: "headframe"),
                .product(name: "HeadframeQueue", package: "headframe"),
            ],
            swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
    ]
)
