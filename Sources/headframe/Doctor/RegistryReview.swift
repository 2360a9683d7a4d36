internal import Mesh

/// What is odd about the list of instances as such.
///
/// A value: the list and the time go in, findings come out.
struct RegistryReview: Sendable {
    let instances: [RegisteredInstance]
    let timeToLive: Duration
    /// The time now, in milliseconds of Unix time.
    let unixMilliseconds: Int64

    /// Epochs are times in milliseconds, of this year or later, when a registry with its keys hands them out.
    private static let earliestEpoch: Epoch = 1_600_000_000_000
    /// How far an epoch may be ahead of our clock: the registry's clock may be, and it counts up when lives follow quickly.
    private static let aheadMilliseconds: Int64 = 3_600_000

    var findings: [Finding] {
        guard !instances.isEmpty else {
            return [.warn("registry", "no instance is registered", mend: "start the services (make up)")]
        }
        return [.ok("registry", "\(counted(instances.count, "instance")) of \(counted(services.count, "service"))")]
            + epochs + renewals
            + endpoints + redundancy
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
            guard let age = instance.heartbeatAge, age > timeToLive * 2 / 3 else { return nil }
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
        Dictionary(grouping: instances, by: \.record.name.service).sorted { $0.key < $1.key }.compactMap {
            service, all in
            let ready = all.count { $0.record.state == .ready }
            let remedy = "start another one (make up starts FORMATION=\(service)=2)"
            switch ready {
            case 0:
                return .fail(
                    "service \(service)", "no instance is ready",
                    mend: "see what the instances wait for: GET /readyz of each, or its log")
            case 1:
                return .warn(
                    "service \(service)", "one instance is ready: nobody takes over when it is lost", mend: remedy)
            default: return .ok("service \(service)", "\(ready) instances are ready")
            }
        }
    }
}
