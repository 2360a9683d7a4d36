internal import FoundationEssentials
internal import Synchronization

/// The `Authorization` header of one daemon; a cookie is read once and again when the daemon refuses it.
final class CredentialSource: Sendable {
    private let endpoint: DaemonEndpoint
    private let cookie = Mutex<String?>(nil)

    init(_ endpoint: DaemonEndpoint) {
        self.endpoint = endpoint
    }

    /// Whether a refusal may be mended by reading the credentials again.
    var canChange: Bool {
        if case .cookie = endpoint.authentication { true } else { false }
    }

    /// The header's value; nil where the daemon wants none.
    func authorization() throws(CoinDaemonError) -> String? {
        switch endpoint.authentication {
        case .none: nil
        case .password(let user, let password): Self.basic("\(user):\(password)")
        case .cookie(let path): Self.basic(try cookieLine(path))
        }
    }

    /// Forgets a cookie that was refused.
    func forget() {
        cookie.withLock { $0 = nil }
    }

    private func cookieLine(_ path: String) throws(CoinDaemonError) -> String {
        if let line = cookie.withLock({ $0 }) { return line }
        do {
            let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            let line = String(text.prefix { !$0.isNewline })
            cookie.withLock { $0 = line }
            return line
        } catch {
            throw CoinDaemonError(
                .unauthorized,
                "cannot read the cookie file \(path) of the coin daemon at \(endpoint): the daemon writes it when it starts; "
                    + "start it, or correct the path in the daemon list",
                cause: error)
        }
    }

    private static func basic(_ line: String) -> String {
        "Basic " + Data(line.utf8).base64EncodedString()
    }
}
