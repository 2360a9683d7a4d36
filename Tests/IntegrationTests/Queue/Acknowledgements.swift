internal import Foundation
internal import TestSupport

/// What the producer of a chaos run was told is safe, by whom and when.
struct Acknowledgements {
    private struct One {
        let id: String
        let member: String
        let time: Date
    }

    private let all: [One]

    /// Reads a record of lines `id member millisecondsSince1970`; the last may be cut short by a kill.
    init(in folder: TemporaryFolder) throws {
        let path = folder.path + "/acknowledged"
        let exists = FileManager.default.fileExists(atPath: path)
        let text = exists ? String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) : ""
        all = text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let milliseconds = Double(words[2]) else { return nil }
            return One(
                id: String(words[0]), member: String(words[1]), time: Date(timeIntervalSince1970: milliseconds / 1000))
        }
    }

    var ids: Set<String> { Set(all.map(\.id)) }

    /// The longest stretch within some times in which nothing was acknowledged.
    ///
    /// - Parameter member: whose acknowledgements count; nil for those of all.
    func longestWithout(_ member: String? = nil, in intervals: [DateInterval]) -> DateInterval {
        let times = all.filter { member == nil || $0.member == member }.map(\.time).sorted()
        let stretches = intervals.flatMap { interval in
            let edges = [interval.start] + times.filter(interval.contains) + [interval.end]
            return zip(edges, edges.dropFirst()).map { DateInterval(start: $0, end: $1) }
        }
        return stretches.max { $0.duration < $1.duration } ?? DateInterval()
    }
}
