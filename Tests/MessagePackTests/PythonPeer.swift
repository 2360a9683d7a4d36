internal import Foundation

/// Python's msgpack in a process of its own.
enum PythonPeer {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A message and what Python says about it.
    struct Line {
        let bytes: [UInt8]
        let text: String
    }

    /// Has Python say what each of the messages means, and encode it again.
    static func describe(_ messages: [[UInt8]]) throws -> [Line] {
        try run(["describe"], input: messages.map { hexText($0) + "\n" }.joined())
    }

    /// Has Python make messages.
    static func generate(seed: UInt64, count: Int) throws -> [Line] {
        try run(["generate", "\(seed)", "\(count)"], input: "")
    }

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func python() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["HEADFRAME_PYTHON"] { return URL(filePath: path) }
        let python = root.appending(path: ".headframe/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw Failure(
                description: """
                    there is no \(python.path); `make test` creates it with what the tests need, \
                    or HEADFRAME_PYTHON names a Python that has msgpack
                    """)
        }
        return python
    }

    /// Input and output are files, so that neither side can block the other; the script ends with its input.
    private static func run(_ arguments: [String], input: String) throws -> [Line] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "msgpack-peer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["in", "out", "err"].map { folder.appending(path: $0) }
        try Data(input.utf8).write(to: files[0])
        for file in files[1...] { try Data().write(to: file) }

        let process = Process()
        process.executableURL = try python()
        process.arguments = [root.appending(path: "Tests/Fixtures/python/msgpack_peer.py").path] + arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let complaint = try String(contentsOf: files[2], encoding: .utf8)
            throw Failure(
                description: "msgpack_peer.py \(arguments) ended with \(process.terminationStatus): \(complaint)")
        }
        return try String(contentsOf: files[1], encoding: .utf8).split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            return Line(bytes: try bytes(fromHex: parts[0]), text: String(parts[1]))
        }
    }

    private static func bytes(fromHex text: Substring) throws -> [UInt8] {
        let digits = try text.utf8.map { digit in
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else {
                throw Failure(description: "msgpack_peer.py printed no hexadecimal digits: \(text.prefix(80))")
            }
            return UInt8(value)
        }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
