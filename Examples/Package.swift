// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as yours would be:
//   swift run --package-path Examples greeter --redis redis://127.0.0.1:6390
let package = Package(
    name: "headframe-examples",
    dependencies: [.package(name: "headframe", path: "..")],
    targets: [
        .executableTarget(
            name: "greeter",
            dependencies: [.product(name: "Headframe", package: "headframe")],
            swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")])
    ]
)
