internal import Foundation
internal import Mesh
internal import TestSupport
internal import Testing

extension IntegrationTests {
    /// Bad input costs its sender, never the process or its other clients.
    @Suite struct HostileInputTests {
        @Test("Garbage of every kind at a jobmanager's port: it stays, says little, and nobody else notices")
        func garbage() async throws {
            try await withPool { pool in
                try await withNode(pool) { host in
                    let table = TableHistory(host.node)
                    for process in pool.jobmanagers { try await table.waitUntilRoutable(process.name) }
                    let victim = try pool.jobmanagers[0].current()
                    let endpoint = try #require(try pool.field("endpoint", of: pool.jobmanagers[0].name))
                    let port = try #require(endpoint.split(separator: ":").last.map(String.init))
                    let seed = UInt32.random(in: 0...(.max))
                    let memoryBefore = try residentMegabytes(victim.pid)
                    let linesBefore = victim.errorLines.count + victim.outputLines.count

                    let follower = try await StreamFollower(pool)
                    let blocks = Blocks(pool, follower)
                    let caller = SteadyCaller(
                        host.node, .instance(InstanceName(service: "jobmanager", instance: pool.jobmanagers[0].name)))
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask(name: "calls") { try await caller.run() }
                        let attacker = try ChildProcess.start(
                            Program.python(), [Program.script("zerorpc_hostile.py"), port, "\(seed)"])
                        let deadline = ContinuousClock.now + .seconds(90)
                        while attacker.exit == nil, .now < deadline { try await blocks.generate(1) }
                        #expect(
                            try await attacker.waitForExit(deadline: .seconds(1)) == .code(0),
                            "\(attacker.standardError)")
                        try await blocks.generate(1)
                        group.cancelAll()
                        print("seed \(seed), thrown: \(attacker.standardOutput)")
                    }
                    let lines = (victim.errorLines + victim.outputLines).dropFirst(linesBefore)
                    let complaints = lines.filter { $0.contains(" WARNING ") || $0.contains(" ERROR ") }
                    let memory = try residentMegabytes(victim.pid)
                    print(
                        "\(caller.summary); \(blocks.report); \(complaints.count) lines of complaint; \(memoryBefore) -> \(memory) MB"
                    )
                    #expect(victim.exit == nil)
                    #expect(pool.jobmanagers.allSatisfy { $0.lives.count == 1 })
                    #expect(caller.answers > 10)
                    #expect(caller.failures == [])
                    #expect(complaints.count < 60, "\(complaints.suffix(10).joined(separator: "\n"))")
                    #expect(!complaints.isEmpty)
                    #expect(
                        table.all.allSatisfy { moment in
                            moment.entries.allSatisfy { $0.state != .unresponsive }
                        })
                    #expect(memory < memoryBefore + 200)
                    try await follower.finishWhole()
                }
            }
        }

        @Test("Registry records of somebody else, incomplete or absurd, change nothing")
        func foreignRecords() async throws {
            try await withPool { pool in
                try await withNode(pool) { host in
                    let table = TableHistory(host.node)
                    for process in pool.jobmanagers { try await table.waitUntilRoutable(process.name) }
                    let before = try await pool.services().map(\.instance)
                    for (number, fields) in ForeignRecord.samples.enumerated() {
                        try pool.write(fields, as: "foreign-\(number)")
                    }
                    try pool.redis.command("SET", pool.recordKey("foreign-text"), "no hash")
                    try pool.list("foreign-text")
                    for member in ["", ":", "jobmanager", "a:b:c", "jobmanager:../..", "jobmanager:missing"] {
                        try pool.redis.command("ZADD", "{\(pool.namespace)}:index", "9999999999999", member)
                    }
                    #expect(try await pool.services().map(\.instance) == before)

                    // A node that takes its first snapshot now, and a process that starts now.
                    try await withNode(pool) { newcomer in
                        let table = TableHistory(newcomer.node)
                        for process in pool.jobmanagers { try await table.waitUntilRoutable(process.name) }
                        #expect(Set(table.all.flatMap(\.entries).map(\.record.name.instance)) == Set(before))
                    }
                    try await pool.jobmanagers[0].current().kill()
                    try await pool.waitUntilReady()
                    try await table.waitUntilRoutable("jobmanager-1")
                    for _ in 0..<20 {
                        let _: Status = try await host.node.call(.service("jobmanager"), "status")
                    }
                    #expect(Set(table.all.flatMap(\.entries).map(\.record.name.instance)) == Set(before))
                    #expect(try await pool.services().map(\.instance) == before)
                }
            }
        }
    }
}

/// Hashes that look like records and are none.
private enum ForeignRecord {
    static let whole = [
        "epoch": "1795000000000", "nonce": "00000000000000ff", "endpoint": "tcp://127.0.0.1:9", "state": "ready",
    ]

    static let samples: [[String: String]] =
        whole.keys.map { key in whole.filter { $0.key != key } }
        + [
            ("epoch", "-1"), ("epoch", "1e400"), ("epoch", "99999999999999999999"), ("epoch", "seven"),
            ("nonce", "xyz"),
            ("endpoint", "udp://1.2.3.4:5"), ("endpoint", ""),
            ("endpoint", "tcp://" + String(repeating: "a", count: 5000)),
            ("state", "perhaps"), ("weight", "0"), ("weight", "-5"), ("weight", "1e9"), ("pid", "-1"), ("load", "nan"),
            ("started", "yesterday"),
        ].map { name, value in whole.merging([name: value]) { $1 } }
}

extension Pool {
    /// Writes a hash where a record would be, and lists it.
    fileprivate func write(_ fields: [String: String], as instance: String) throws {
        for (name, value) in fields { try redis.command("HSET", recordKey(instance), name, value) }
        try list(instance)
    }

    /// Puts an instance into the index and tells of it.
    fileprivate func list(_ instance: String) throws {
        try redis.command("ZADD", "{\(namespace)}:index", "9999999999999", "jobmanager:\(instance)")
        try redis.command(
            "XADD", "{\(namespace)}:events", "*", "n", "x", "kind", "join", "service", "jobmanager", "instance",
            instance)
    }
}

/// How much memory a process has in use.
private func residentMegabytes(_ pid: Int32) throws -> Int {
    let pages = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).split(separator: " ")
    guard pages.count > 1, let resident = Int(pages[1]) else { throw TestSupportError("/proc/\(pid)/statm: \(pages)") }
    return resident * 4096 / 1_048_576
}
