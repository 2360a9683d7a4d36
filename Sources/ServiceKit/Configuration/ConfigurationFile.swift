internal import Foundation

/// Reads the files that settings come from, with the errors that a person needs to mend them.
enum ConfigurationFile {
    /// Configuration is small; what is larger is the wrong file.
    static let maximumBytes = 1 << 20

    static func read(_ path: String, givenBy origin: String) throws(InvalidSetting) -> Data {
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            guard data.count <= maximumBytes else {
                throw InvalidSetting(
                    "\(origin): \(path) has \(data.count) bytes; a configuration has at most \(maximumBytes)")
            }
            return data
        } catch let error as InvalidSetting {
            throw error
        } catch {
            let reason = (error as? CocoaError)?.underlying.map { String(cString: strerror($0)) } ?? "\(error)"
            throw InvalidSetting("\(origin): \(path) cannot be read (\(reason)); give the path of a readable file")
        }
    }

    /// The names in the sections of a JSON file, so that misspelt ones can be found.
    static func names(in data: Data) throws -> [String: Set<String>] {
        try JSONDecoder().decode([String: Section].self, from: data).mapValues(\.names)
    }

    private struct Section: Decodable {
        let names: Set<String>
        init(from decoder: any Decoder) throws {
            names = Set(try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue))
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }
}

extension CocoaError {
    /// The errno underneath.
    fileprivate var underlying: Int32? {
        (userInfo[NSUnderlyingErrorKey] as? NSError).flatMap { $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }
    }
}
