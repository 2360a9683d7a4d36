internal import Redis

/// A URL that may carry a password: showing it never shows the password, and reading ``text`` is a decision.
public struct SecretURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The whole URL, with the password. Never log it.
    public let text: String

    /// Wraps a URL without checking it.
    public init(_ text: String) {
        self.text = text
    }

    /// The URL with `***` for the password.
    public var description: String { Self.redact(text) }
    /// The URL with `***` for the password.
    public var debugDescription: String { description }

    /// `text` with `***` for each password in it: what stands between a user and the `@`, and the values of query
    /// parameters that are called `password` or `auth`. The text may be one URL, several with commas between them, or
    /// something malformed, of which rather too much is hidden than too little.
    public static func redact(_ text: String) -> String {
        var urls: [Substring] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            // A comma that no scheme follows belongs to the URL before it, perhaps to its password.
            if let last = urls.last, !part.contains("://") {
                urls[urls.count - 1] = text[last.startIndex..<part.endIndex]
            } else {
                urls.append(part)
            }
        }
        return urls.map(redactOne).joined(separator: ",")
    }

    private static func redactOne(_ text: Substring) -> String {
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let scheme = text[..<start]
        let rest = text[start...]
        let (beforeQuery, query) = rest.split(before: "?")
        // A password may hold an unescaped slash or an @, so the credentials end at the last @.
        guard let at = rest.lastIndex(of: "@") else { return scheme + beforeQuery + redactQuery(query) }
        // With the @ behind a question mark nobody can tell which of the two belongs to the password.
        guard at < query.startIndex else { return scheme + "***" }
        let user = beforeQuery[..<at].split(before: ":").0
        let credentials = user.endIndex == at && !scheme.isEmpty ? user : "\(user):***"
        return scheme + credentials + beforeQuery[at...] + redactQuery(query)
    }

    private static func redactQuery(_ query: Substring) -> String {
        query.split(separator: "&", omittingEmptySubsequences: false).map { parameter in
            let (name, value) = parameter.split(before: "=")
            let isSecret = ["password", "auth"].contains(name.drop { $0 == "?" }.lowercased())
            return isSecret && !value.isEmpty ? "\(name)=***" : String(parameter)
        }
        .joined(separator: "&")
    }
}

extension Substring {
    /// What stands before the first `separator`, and the rest from it on.
    fileprivate func split(before separator: Character) -> (Substring, Substring) {
        let end = firstIndex(of: separator) ?? endIndex
        return (self[..<end], self[end...])
    }
}

extension SettingType where Value == SecretURL {
    /// The URL of a Redis server; see `RedisURL` for its forms.
    public static var redis: Self {
        .init("URL", redact: SecretURL.redact, describe: { $0.description }) { text throws(InvalidSetting) in
            do throws(RedisError) {
                _ = try RedisURL(text)
            } catch {
                throw InvalidSetting(error.message)
            }
            return SecretURL(text)
        }
    }
}
