internal import Foundation

/// What the tests start, and where it is found.
public enum Program {
    /// An executable of this package, from the build that the running test belongs to.
    public static func built(_ name: String) throws -> String {
        let bundle = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let path = bundle.deletingLastPathComponent().appending(path: name).path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestSupportError(
                "there is no \(path): build it with the tests (swift build --build-tests, or make test)")
        }
        return path
    }

    /// The Python that has stock zerorpc: `HEADFRAME_PYTHON`, or the one that `make test` sets up.
    public static func python() throws -> String {
        if let path = ProcessInfo.processInfo.environment["HEADFRAME_PYTHON"], !path.isEmpty { return path }
        let path = root.appending(path: ".headframe/venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw TestSupportError(
                "there is no \(path): make test creates it, or HEADFRAME_PYTHON names a Python that has zerorpc")
        }
        return path
    }

    /// A Python program of the fixtures.
    public static func script(_ name: String) -> String { root.appending(path: "Tests/Fixtures/python/\(name)").path }

    /// The package.
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
