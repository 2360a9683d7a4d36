internal import Foundation
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// Services find each other through records that expire and are renewed.
    @Suite struct DiscoveryTests {
        @Test("Two jobmanagers are listed as ready, each with its own port, and their records are renewed in time")
        func twoReady() async throws {
            try await withPool { pool in
                let listed = try await pool.services()
                #expect(listed.map(\.instance) == ["jobmanager-1", "jobmanager-2"])
                #expect(listed.allSatisfy { $0.service == "jobmanager" && $0.state == "ready" && $0.epoch > 0 })
                #expect(Set(listed.compactMap { $0.endpoint.split(separator: ":").last }).count == 2)
                #expect(listed.allSatisfy { ($0.heartbeatAgeSeconds ?? 99) < 3 && ($0.uptimeSeconds ?? 99) < 60 })

                // Four times the life of a record, so that it would lapse unless it is renewed.
                let end = ContinuousClock.now + pool.registryTTL * 4
                var lives: [Int] = []
                while ContinuousClock.now < end {
                    for listed in listed {
                        let life = try pool.millisecondsToLive(listed.instance)
                        #expect((1...3000).contains(life), "\(listed.instance): \(life) ms")
                        lives.append(life)
                    }
                    // The records are looked at all the time that they live.
                    try await Task.sleep(for: .milliseconds(50))
                }
                print("records had \(lives.min() ?? 0) to \(lives.max() ?? 0) ms to live, of 3000 ms")
                // Renewed every third of its life, and no later than the next third.
                #expect((lives.min() ?? 0) > 1000)
                #expect(try await pool.services().map(\.epoch) == listed.map(\.epoch))
            }
        }
    }
}

extension Pool {
    /// What is left of the life of an instance's record; negative where there is none.
    func millisecondsToLive(_ instance: String) throws -> Int {
        let reply = try redis.command("PTTL", recordKey(instance))
        guard reply.hasPrefix(":"), let number = Int(reply.dropFirst().trimmingCharacters(in: .whitespacesAndNewlines))
        else { throw TestSupportError("PTTL \(recordKey(instance)): \(reply)") }
        return number
    }
}
