internal import Foundation

/// Files under `Tests/Fixtures`.
public enum Fixture {
    /// The bytes of a file, named by its path under `Tests/Fixtures`.
    public static func bytes(_ path: String, testFile: String = #filePath) throws -> [UInt8] {
        var folder = URL(filePath: testFile)
        while folder.lastPathComponent != "Tests" {
            guard folder.pathComponents.count > 1 else {
                throw TestSupportError("\(testFile) is not under a folder Tests")
            }
            folder.deleteLastPathComponent()
        }
        return [UInt8](try Data(contentsOf: folder.appending(path: "Fixtures/" + path)))
    }
}
