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

    /// `text` with `***` for each password in it: what stands between the user and the `@`, and the values of query
    /// parameters that are called `password` or `auth`.
    public static func redact(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let (beforeQuery, query) = rest.split(before: "?")
        // A password may hold an unescaped slash or an @, so the credentials end at the last @.
        guard let at = beforeQuery.lastIndex(of: "@") else {
            return text[..<scheme.upperBound] + beforeQuery + redactQuery(query)
        }
        let user = beforeQuery[..<at].split(before: ":").0
        let credentials = user.endIndex == at ? "***" : "\(user):***"
        return text[..<scheme.upperBound] + credentials + beforeQuery[at...] + redactQuery(query)
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
    /// The URL of a Redis server: `redis://[user:password@]host[:port][/database]` or `unix://path`.
    public static var redis: Self {
        url(schemes: ["redis", "unix"], example: "redis://127.0.0.1:6379 or unix:///run/redis.sock")
    }

    /// A URL with one of `schemes`; what stands behind the `://` is left to whoever connects.
    public static func url(schemes: [String], example: String) -> Self {
        .init("URL", redact: SecretURL.redact, describe: { $0.description }) { text throws(InvalidSetting) in
            guard let mark = text.firstRange(of: "://"), schemes.contains(String(text[..<mark.lowerBound])),
                mark.upperBound < text.endIndex, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
            else {
                let known = schemes.map { "\($0)://" }.joined(separator: " or ")
                throw InvalidSetting("not a \(known) URL; give one such as \(example)")
            }
            return SecretURL(text)
        }
    }
}
