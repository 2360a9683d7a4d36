internal import Foundation

/// A folder of the test's own that is removed, with all that is in it, when its last reference goes.
public final class TemporaryFolder: Sendable {
    /// The absolute path, without a slash at its end.
    public let path: String

    /// Makes the folder under the system's temporary folder.
    public init(_ purpose: String = "test") throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("headframe-\(purpose)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Makes a folder inside and returns its path.
    public func subfolder(_ name: String) throws -> String {
        let inner = path + "/" + name
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        return inner
    }
}
