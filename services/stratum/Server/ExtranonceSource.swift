internal import Logging
internal import Mesh
internal import Stratum
internal import Synchronization

/// Where connections get their extranonces from: unique among all servers and their lives, without asking anybody.
///
/// The process' half is drawn at the start and announced in the registry's record as the attribute `extranonce`. A server that finds its
/// own with another draws anew, and waits with its first miner until it has looked once.
final class ExtranonceSource: Sendable {
    /// The attribute of the registry's record: 8 hexadecimal digits.
    static let attribute = "extranonce"

    private let extranonces: Mutex<Extranonces>
    private let looked = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let logger: Logger

    /// Draws the process' half.
    init(logger: Logger) {
        self.logger = logger
        var random = SystemRandomNumberGenerator()
        extranonces = Mutex(Extranonces(using: &random))
    }

    /// The process' half, as it is announced.
    var announced: String { Self.text(extranonces.withLock { $0.process }) }

    /// The extranonce of the next connection.
    func next() -> Extranonce1 {
        extranonces.withLock { extranonces in
            while true {
                if let next = extranonces.next() { return next }
                Self.redraw(&extranonces, avoiding: [])
            }
        }
    }

    /// Takes in what other servers announced.
    ///
    /// - Returns: Whether it met its own and drew another.
    func avoid(_ others: Set<UInt32>) -> Bool {
        extranonces.withLock { extranonces in
            guard others.contains(extranonces.process) else { return false }
            Self.redraw(&extranonces, avoiding: others)
            return true
        }
    }

    private static func redraw(_ extranonces: inout Extranonces, avoiding others: Set<UInt32>) {
        var random = SystemRandomNumberGenerator()
        extranonces.redraw(avoiding: others, using: &random)
    }

    /// Announces the half through a node and looks at those of others, until cancelled.
    func run(on node: MeshNode, as name: InstanceName) async {
        let (tables, intake) = AsyncStream.makeStream(
            of: [RoutingTable.Entry].self, bufferingPolicy: .bufferingNewest(1))
        node.setAttribute(Self.attribute, to: announced)
        node.observe(name.service) { intake.yield($0) }
        for await table in tables {
            let others = table.map(\.record).filter { $0.name != name }
            if avoid(Set(others.compactMap { $0.attributes[Self.attribute].flatMap { UInt32($0, radix: 16) } })) {
                logger.warning(
                    "another server has drawn the same extranonce; drew another, \(announced), for connections from now on"
                )
                node.setAttribute(Self.attribute, to: announced)
            }
            // Once the registry lists what is announced, whoever comes later sees it, and who came before has been seen.
            let own = table.first { $0.record.name == name }?.record
            if own?.epoch == node.epoch, own?.attributes[Self.attribute] == announced { looked.continuation.yield() }
        }
    }

    /// Waits until the others were looked at once.
    ///
    /// - Returns: Whether they were within the time.
    func settled(within time: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in self.looked.stream { return true }
                return false
            }
            group.addTask {
                // Cancelled once the other has an answer.
                try? await Task.sleep(for: time)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private static func text(_ process: UInt32) -> String {
        Extranonce1(process: process, connection: 0).hex.prefix(8).description
    }
}
