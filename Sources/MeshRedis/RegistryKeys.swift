internal import Mesh
internal import Redis

/// The keys of one namespace. They share a hash tag, so that a cluster keeps them on one node and a script may touch them all.
///
/// `{<namespace>}:service:<service>:<instance>` one hash a record, which expires; `:index` what is listed, by expiry; `:events`
/// what changed; `:epochs` the highest epoch ever handed out for each service; `:sequence` how many events there have been.
struct RegistryKeys: Sendable {
    let index: RedisArgument
    let events: String
    let epochs: RedisArgument
    let sequence: RedisArgument
    let recordPrefix: String

    init(namespace: String) {
        let tag = "{\(namespace)}"
        index = "\(tag):index"
        events = "\(tag):events"
        epochs = "\(tag):epochs"
        sequence = "\(tag):sequence"
        recordPrefix = "\(tag):service:"
    }

    func record(_ name: InstanceName) -> RedisArgument {
        RedisArgument(recordPrefix + Self.member(name))
    }

    /// What stands in the index for an instance.
    static func member(_ name: InstanceName) -> String { "\(name.service):\(name.instance)" }

    /// The instance that a member of the index stands for; nil when this mesh did not write it.
    static func name(ofMember member: String) -> InstanceName? {
        let parts = member.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let name = InstanceName(service: String(parts[0]), instance: String(parts[1]))
        return isUsable(name) ? name : nil
    }

    /// Names are part of keys, of routing ids and of log lines: 1 to 100 letters, digits, dots, dashes and underscores.
    static func isUsable(_ name: InstanceName) -> Bool {
        [name.service, name.instance].allSatisfy { part in
            (1...100).contains(part.utf8.count)
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                        UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }
}
