internal import Synchronization

/// A Lua script that runs on the server as one step. It is sent once and then called by its hash; a server that has lost it
/// (restart, failover, SCRIPT FLUSH) gets it again.
public final class RedisScript: Sendable {
    /// What it is called in errors.
    public let name: String
    /// The Lua source.
    public let source: String
    /// The hash by which every server knows this source, once one has told it.
    private let hash = Mutex<String?>(nil)

    /// A script; nothing is sent before it is first run.
    public init(name: String, source: String) {
        self.name = name
        self.source = source
    }

    fileprivate func knownHash() -> String? { hash.withLock { $0 } }

    fileprivate func learn(_ text: String) { hash.withLock { $0 = text } }
}

extension RedisClient {
    /// Runs a script.
    ///
    /// - Parameters:
    ///   - keys: The keys that it touches (`KEYS`), all of them.
    ///   - arguments: What else it is told (`ARGV`).
    /// - Throws: ``RedisError``. The deadline counts for each of the up to three round trips.
    public func run(
        _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument] = [], deadline: Duration? = nil,
        whenDisconnected: WhenDisconnected = .fail
    ) async throws(RedisError) -> RedisValue {
        var wasMissing: RedisError?
        // Twice: another server may have taken over between loading and running.
        for _ in 0..<2 {
            let hash: String
            if wasMissing == nil, let known = script.knownHash() {
                hash = known
            } else {
                hash = try await load(script, deadline, whenDisconnected)
            }
            do throws(RedisError) {
                return try await send(
                    ["EVALSHA", RedisArgument(hash), RedisArgument(keys.count)] + keys + arguments, deadline: deadline,
                    whenDisconnected: whenDisconnected)
            } catch {
                guard error.code == .server(prefix: "NOSCRIPT") else { throw error.inScript(script.name) }
                wasMissing = error
            }
        }
        throw wasMissing!.inScript(script.name)
    }

    private func load(
        _ script: RedisScript, _ deadline: Duration?, _ whenDisconnected: WhenDisconnected
    ) async throws(RedisError) -> String {
        let reply = try await send(
            ["SCRIPT", "LOAD", RedisArgument(script.source)], deadline: deadline, whenDisconnected: whenDisconnected)
        guard let hash = reply.string else { throw .unexpected(reply, to: "SCRIPT LOAD of \(script.name)") }
        script.learn(hash)
        return hash
    }
}

extension RedisError {
    fileprivate func inScript(_ name: String) -> RedisError {
        RedisError(code: code, message: "Script \(name): \(message)")
    }
}
