internal import Foundation
internal import TestSupport

/// The project's own tree, as these tests find it.
struct Checkout: Sendable {
    let root: URL
    /// Every text file that does not belong to the build or to a run, by path.
    let files: [SourceFile]

    /// Reads the tree that `testFile` stands in.
    init(testFile: String = #filePath) throws {
        var folder = URL(filePath: testFile).resolvingSymlinksInPath()
        while !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) {
            guard folder.pathComponents.count > 1 else {
                throw TestSupportError("no folder above \(testFile) has a Package.swift")
            }
            folder.deleteLastPathComponent()
        }
        root = folder
        let ignore = try String(contentsOf: root.appending(path: ".gitignore"), encoding: .utf8)
        let ignored = IgnoreList(ignore)
        files = try Self.paths(in: root, leavingOut: ignored).compactMap { path in
            let data = try Data(contentsOf: folder.appending(path: path))
            return String(validating: data, as: UTF8.self).map { SourceFile(path, $0) }
        }
    }

    var swiftFiles: [SourceFile] { files.filter(\.isSwift) }

    subscript(path: String) -> SourceFile? { files.first { $0.path == path } }

    /// The names of the folders in a folder.
    func folders(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey]
        ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }.map(\.lastPathComponent)
            .sorted()
    }

    /// What the manifest declares. In a scratch folder of its own, so that it waits for no build, its own one included.
    func manifest() async throws -> Manifest {
        let scratch = try TemporaryFolder("manifest")
        let dump = try ChildProcess.start(
            "/usr/bin/env",
            ["swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package"])
        guard try await dump.waitForExit(deadline: .seconds(120)) == .code(0) else {
            throw TestSupportError("\(dump.commandLine) failed: \(dump.standardError)")
        }
        return try Manifest(dumped: dump.standardOutput)
    }

    private static func paths(in root: URL, leavingOut ignored: IgnoreList) throws -> [String] {
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            where !ignored.matches(name) {
                let path = folder + name
                let values = try root.appending(path: path).resourceValues(forKeys: [
                    .isDirectoryKey, .isRegularFileKey,
                ])
                if values.isDirectory == true { folders.append(path + "/") }
                if values.isRegularFile == true { found.append(path) }
            }
        }
        return found.sorted()
    }
}

/// The names in a `.gitignore` of plain names and name patterns, which is all that this project's has.
struct IgnoreList {
    private let patterns: [String]

    init(_ text: String) {
        patterns =
            [".git"]
            + text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
                String(line.hasSuffix("/") ? line.dropLast() : line)
            }
    }

    func matches(_ name: String) -> Bool { patterns.contains { fnmatch($0, name, 0) == 0 } }
}
