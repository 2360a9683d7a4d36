internal import Foundation
internal import Logging
internal import Mesh

/// Gives entries, some at once, each lane to a member of its own, so that one that does not answer holds up its lanes alone.
///
/// An id whose answer did not come is given again, to the same member: another one may not know it, and take it as a new entry.
struct Producer: Sendable {
    let node: MeshNode
    let record: AcknowledgedIDs
    let inFlight: Int
    let logger: Logger
    /// Tells the ids of this life from those of others.
    private let life = String(UInt64.random(in: .min ... .max), radix: 36)

    init(node: MeshNode, record: AcknowledgedIDs, inFlight: Int, logger: Logger) {
        self.node = node
        self.record = record
        self.inFlight = inFlight
        self.logger = logger
    }

    /// Gives entries until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for lane in 0..<inFlight { group.addTask { await giveAll(lane) } }
        }
    }

    private func giveAll(_ lane: Int) async {
        var number = 0
        while !Task.isCancelled {
            let members = await node.instances(of: "chaos-member").filter(\.isRoutable).map(\.record.name).sorted()
            guard let member = members.isEmpty ? nil : members[lane % members.count] else {
                // Nobody is there: a pause before the next look.
                try? await Task.sleep(for: .milliseconds(100))
                continue
            }
            number += 1
            await give("\(life)-\(lane)-\(number)", to: member)
        }
    }

    /// Tries for so long as a member may be away; an id that is given up may have been taken or not.
    private func give(_ id: String, to member: InstanceName) async {
        let end = ContinuousClock.now + .seconds(15)
        while !Task.isCancelled, ContinuousClock.now < end {
            do {
                let _: Bool = try await node.call(
                    .instance(member), "take", id, options: CallOptions(timeout: .seconds(4)))
                return record.add(id, by: member.instance)
            } catch {
                logger.debug("not acknowledged", metadata: ["id": "\(id)", "member": "\(member)", "error": "\(error)"])
                // Whatever it was, the entry may be there; the pause is for a member that is away.
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
