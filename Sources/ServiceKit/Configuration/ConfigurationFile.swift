internal import Foundation

/// Reads the files that settings come from, with the errors that a person needs to mend them.
enum ConfigurationFile {
    /// Configuration is small; what is larger is the wrong file.
    static let maximumBytes = 1 << 20

    static func read(_ path: String, givenBy origin: String) throws(InvalidSetting) -> Data {
        guard let file = fopen(path, "r") else { throw unreadable(path, origin) }
        defer { fclose(file) }
        // Read up to a bound rather than asked for its size: a device has none.
        var data = Data(count: maximumBytes + 1)
        let count = data.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        guard ferror(file) == 0 else { throw unreadable(path, origin) }
        guard count <= maximumBytes else {
            throw InvalidSetting("\(origin): \(path) has more than \(maximumBytes) bytes; give a configuration file")
        }
        return data.prefix(count)
    }

    private static func unreadable(_ path: String, _ origin: String) -> InvalidSetting {
        InvalidSetting(
            "\(origin): \(path) cannot be read (\(String(cString: strerror(errno)))); give the path of a readable file")
    }

    /// The names in the sections of a JSON file, so that misspelt ones can be found.
    static func names(in data: Data) throws -> [String: Set<String>] {
        try JSONDecoder().decode([String: Section].self, from: data).mapValues(\.names)
    }

    /// Where a file is not JSON at all: what the parser says of it, without the text itself.
    static func syntaxError(_ error: any Error) -> String? {
        (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
    }

    private struct Section: Decodable {
        let names: Set<String>
        init(from decoder: any Decoder) throws {
            let section = try decoder.container(keyedBy: Name.self)
            // No setting is an object, so what stands in one has a name of its own, which is then unknown.
            names = Set(
                section.allKeys.flatMap { key in
                    let inner = try? section.nestedContainer(keyedBy: Name.self, forKey: key)
                    return inner?.allKeys.map { "\(key.stringValue).\($0.stringValue)" } ?? [key.stringValue]
                })
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }
}
