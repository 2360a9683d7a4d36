internal import Mesh

/// What is odd about the list of instances as such.
///
/// A value: the list, who of it answers and the time go in, findings come out.
struct RegistryReview: Sendable {
    let instances: [RegisteredInstance]
    /// Every service that ever had an instance.
    var knownServices: Set<String> = []
    /// Who did not answer a ping.
    let silent: Set<InstanceName>
    let timeToLive: Duration
    /// The time now, in milliseconds of Unix time.
    let unixMilliseconds: Int64

    /// Epochs are times in milliseconds, of this year or later, when a registry with its keys hands them out.
    private static let earliestEpoch: Epoch = 1_600_000_000_000
    /// How far an epoch may be ahead of our clock: the registry's clock may be, and it counts up when lives follow quickly.
    private static let aheadMilliseconds: Int64 = 3_600_000

    var findings: [Finding] {
        guard !instances.isEmpty else {
            return [.warn("registry", "no instance is registered", mend: "start the services (make up)")] + missing
        }
        return [.ok("registry", "\(counted(instances.count, "instance")) of \(counted(services.count, "service"))")]
            + epochs + renewals
            + endpoints + missing + redundancy
    }

    /// A service that is gone altogether: the others go on with the last that they had of it.
    private var missing: [Finding] {
        knownServices.subtracting(services).sorted().map { service in
            .fail(
                "service \(service)", "no instance is registered, and there were some",
                mend: "start it; or, if there is to be none any more, take its name out of the registry's epochs")
        }
    }

    private var services: Set<String> { Set(instances.map(\.record.name.service)) }

    private var epochs: [Finding] {
        instances.compactMap { instance in
            let (name, epoch) = (instance.record.name, instance.record.epoch)
            if epoch < Self.earliestEpoch {
                return .warn(
                    "epoch \(name)", "\(epoch) was not handed out by the registry's clock",
                    mend: "find out who wrote the record; a service of this mesh gets its epoch from Redis")
            }
            if Int64(clamping: epoch) > unixMilliseconds + Self.aheadMilliseconds {
                return .warn(
                    "epoch \(name)", "\(epoch) lies in the future: a Redis whose clock ran ahead handed it out",
                    mend: "set the clock of the Redis server; epochs go on counting from there, which does no harm")
            }
            return nil
        }
    }

    private var renewals: [Finding] {
        instances.compactMap { instance in
            guard let age = instance.heartbeatAge, instance.isLate(timeToLive: timeToLive) else { return nil }
            return .warn(
                "renewal \(instance.record.name)",
                "the last one was \(Times.brief(age)) ago, every "
                    + "\(Times.brief(timeToLive / 3)) one is due",
                mend: "the process is frozen, dead, or cut off from Redis: look at its log")
        }
    }

    private var endpoints: [Finding] {
        Dictionary(grouping: instances, by: \.record.endpoint).sorted { $0.key < $1.key }.compactMap {
            endpoint, sharers in
            guard sharers.count > 1 else { return nil }
            let names = sharers.map(\.record.name.description).joined(separator: " and ")
            return .warn(
                "endpoint \(endpoint)", "\(names) are both listed there: one of them is dead and expires",
                mend: "wait for the registry's time to live; if both stay, one of them advertises a wrong address")
        }
    }

    private var redundancy: [Finding] {
        Dictionary(grouping: instances.map(\.record), by: \.name.service).sorted { $0.key < $1.key }.map {
            service, listed in
            let subject = "service \(service)"
            let ready = listed.count { $0.state == .ready && !silent.contains($0.name) }
            let dead = listed.map(\.name).filter(silent.contains)
            let besides =
                switch dead.count {
                case 0: ""
                case 1: "; \(dead[0].instance) is listed and does not answer"
                default: "; \(dead.map(\.instance).joined(separator: ", ")) are listed and do not answer"
                }
            switch ready {
            case 0:
                return .fail(
                    subject, "no instance is ready\(besides)",
                    mend: dead.count == listed.count
                        ? "start another one; what is wrong with each is said below"
                        : "see what they wait for: it is said of each below")
            case 1:
                return .warn(
                    subject, "one instance is ready: nobody takes over when it is lost\(besides)",
                    mend: "start another one" + (dead.isEmpty ? "" : ", or mend what is said below"))
            default: return .ok(subject, "\(ready) instances are ready\(besides)")
            }
        }
    }
}
