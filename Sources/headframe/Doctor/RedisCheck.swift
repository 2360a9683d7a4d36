internal import EventLoop
internal import Foundation
internal import Redis
internal import ServiceKit

/// Looks at each Redis server that the services use.
struct RedisCheck {
    let settings: OperatorSettings

    func findings() async throws -> [Finding] {
        var findings: [Finding] = []
        for url in Set([settings.service.discovery, settings.service.state, settings.service.sharelog]).sorted(by: {
            $0.description < $1.description
        }) {
            findings += try await self.findings(url)
        }
        return findings
    }

    private func findings(_ secret: SecretURL) async throws -> [Finding] {
        let url: RedisURL
        do {
            url = try RedisURL(secret.text)
        } catch {
            return [.fail("redis \(secret)", error.message, mend: "correct HEADFRAME_REDIS (or --redis)")]
        }
        do {
            return try await EventLoop.withEventLoop { loop in
                try await withRedisClient(RedisConfiguration(url: url, clientName: "headframe-doctor"), loop: loop) {
                    try await ask($0, url)
                }
            }
        } catch let error as RedisError {
            return [
                .fail(
                    "redis \(url)", error.message,
                    mend: "start it (make up), or say where it is with HEADFRAME_REDIS or --redis; services wait for it"
                )
            ]
        }
    }

    private func ask(_ client: RedisClient, _ url: RedisURL) async throws -> [Finding] {
        try await client.waitUntilConnected(within: .seconds(3))
        let info = try await client.send(["INFO"]).string ?? ""
        let facts = RedisFacts(info: info, saveRules: try await saveRules(client))
        let before = Self.now()
        let time = try await client.send(["TIME"]).array?.compactMap(\.integer) ?? []
        let after = Self.now()
        var findings = [Finding.ok("redis \(url)", "answers")] + facts.findings("\(url)")
        if time.count == 2 {
            let other = Duration.seconds(time[0]) + .microseconds(time[1])
            findings.append(ClockSkew(before: before, other: other, after: after).finding("\(url)"))
        }
        return findings
    }

    /// The value of `CONFIG GET save`; nil where the server refuses it, as an ACL may: the finding says so then.
    private func saveRules(_ client: RedisClient) async throws(RedisError) -> String? {
        do {
            return try await client.send(["CONFIG", "GET", "save"]).array?.last?.string
        } catch {
            guard case .server = error.code else { throw error }
            return nil
        }
    }

    private static func now() -> Duration { .seconds(Date().timeIntervalSince1970) }
}
