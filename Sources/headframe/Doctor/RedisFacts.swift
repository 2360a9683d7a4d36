/// What a Redis server says of itself, as far as the mesh depends on it, and what is to be thought of it.
///
/// A value: the answers of `INFO`, `CONFIG GET save` and `TIME` go in, findings come out.
struct RedisFacts: Sendable {
    private let fields: [String: String]
    /// The `save` rules; empty when there are none, nil when the server does not tell.
    private let saveRules: String?

    /// - Parameters:
    ///   - info: The text of `INFO`.
    ///   - saveRules: The value of `CONFIG GET save`; nil where the user may not ask.
    init(info: String, saveRules: String?) {
        var fields: [String: String] = [:]
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        self.fields = fields
        self.saveRules = saveRules
    }

    /// What there is to say of the server at `address`.
    func findings(_ address: String) -> [Finding] {
        [version(address), persistence(address), eviction(address), role(address)].compactMap { $0 }
    }

    private func version(_ address: String) -> Finding {
        let version = fields["redis_version"] ?? "unknown"
        let subject = "redis version \(address)"
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 6 else {
            return .fail(
                subject, "Redis \(version); the registry needs 6 or later (ACL users, streams with trimming)",
                mend: "install Redis 6 or later, or Valkey")
        }
        return .ok(subject, "Redis \(version)")
    }

    private func persistence(_ address: String) -> Finding {
        let subject = "redis persistence \(address)"
        if fields["aof_enabled"] == "1" {
            guard fields["aof_last_write_status"] ?? "ok" == "ok" else {
                return .fail(
                    subject, "the append-only file cannot be written",
                    mend: "look at the disk of the server and its log")
            }
            return .ok(subject, "append-only file")
        }
        guard fields["rdb_last_bgsave_status"] ?? "ok" == "ok" else {
            return .fail(
                subject, "the last snapshot failed, and there is no append-only file",
                mend: "look at the disk of the server and its log, and set appendonly yes")
        }
        let remedy = "redis-cli CONFIG SET appendonly yes, and appendonly yes in redis.conf"
        guard let saveRules else {
            return .warn(
                subject, "no append-only file, and this user may not ask for the snapshot rules",
                mend: remedy + "; or allow CONFIG GET")
        }
        guard saveRules.isEmpty else {
            return .warn(
                subject, "snapshots alone (save \(saveRules)): what was written since the last one is lost in a crash",
                mend: remedy)
        }
        return .fail(subject, "nothing is kept on disk: a restart loses the epochs and all shared state", mend: remedy)
    }

    private func eviction(_ address: String) -> Finding {
        let subject = "redis eviction \(address)"
        let policy = fields["maxmemory_policy"] ?? "unknown"
        let limit = fields["maxmemory"].flatMap { Int64($0) } ?? 0
        if policy == "noeviction" || policy.hasPrefix("volatile-") {
            guard limit > 0, policy.hasPrefix("volatile-") else { return .ok(subject, "maxmemory-policy \(policy)") }
            return .ok(subject, "maxmemory-policy \(policy): only what expires anyway can be evicted")
        }
        let finding =
            "maxmemory-policy \(policy) evicts keys that never expire: the epochs of the registry, jobs and shares would "
            + "vanish silently"
        let remedy = "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf"
        // Without a limit nothing is evicted yet.
        return limit > 0
            ? .fail(subject, finding, mend: remedy)
            : .warn(subject, finding + " once maxmemory is set", mend: remedy)
    }

    private func role(_ address: String) -> Finding? {
        guard let role = fields["role"], role != "master" else { return nil }
        return .fail(
            "redis role \(address)", "the server is a read-only replica of \(fields["master_host"] ?? "another")",
            mend: "point HEADFRAME_REDIS at the master")
    }
}

/// How far two clocks are apart.
struct ClockSkew: Sendable {
    /// The other clock minus ours.
    let skew: Duration

    /// - Parameters:
    ///   - before: Our clock before the other was asked, since 1970.
    ///   - other: The other clock.
    ///   - after: Our clock when the answer came.
    init(before: Duration, other: Duration, after: Duration) {
        skew = other - (before + after) / 2
    }

    func finding(_ address: String) -> Finding {
        let subject = "clock \(address)"
        let amount = skew < .zero ? .zero - skew : skew
        let words =
            "Redis' clock is \(Times.milliseconds(amount)) \(skew < .zero ? "behind" : "ahead of") this machine's"
        // Leases count in Redis' time alone; ages, logs and block times are what a wrong clock spoils.
        let remedy = "run a time service (chrony, systemd-timesyncd) on both machines"
        if amount > .seconds(60) { return .fail(subject, words, mend: remedy) }
        if amount > .seconds(1) { return .warn(subject, words, mend: remedy) }
        return .ok(subject, words)
    }
}
