internal import Logging
internal import Mesh
internal import Stratum
internal import Synchronization

/// Where connections get their extranonces from: unique among all servers and their lives, without asking anybody.
///
/// The process' half is drawn at the start and announced in the registry's record as the attribute `extranonce`. A server that finds its
/// own with another draws anew, as does one that has given out all of a half, and announces that too. It waits with its first miner until it
/// has looked once.
final class ExtranonceSource: Sendable {
    /// The attribute of the registry's record: 8 hexadecimal digits.
    static let attribute = "extranonce"

    private struct State {
        var extranonces: Extranonces
        /// What other servers have, as far as is known.
        var others: Set<UInt32> = []
        /// The servers as the mesh knew them last.
        var table: [RoutingTable.Entry] = []
    }

    private let state: Mutex<State>
    /// Says that the table or the half is another.
    private let changes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let looked = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let logger: Logger

    /// Draws the process' half.
    convenience init(logger: Logger) {
        var random = SystemRandomNumberGenerator()
        self.init(Extranonces(using: &random), logger: logger)
    }

    /// Goes on with extranonces of which some may have been given out.
    init(_ extranonces: Extranonces, logger: Logger) {
        self.logger = logger
        state = Mutex(State(extranonces: extranonces))
    }

    /// The process' half, as it is announced.
    var announced: String { Self.text(process) }

    /// The process' half that connections are given now.
    var process: UInt32 { state.withLock { $0.extranonces.process } }

    /// The extranonce of the next connection.
    func next() -> Extranonce1 {
        state.withLock { state in
            while true {
                if let next = state.extranonces.next() { return next }
                Self.redraw(&state)
                changes.continuation.yield()
            }
        }
    }

    /// Takes in what other servers announced.
    ///
    /// - Returns: Whether it met its own and drew another.
    func avoid(_ others: Set<UInt32>) -> Bool {
        state.withLock { state in
            state.others = others
            guard others.contains(state.extranonces.process) else { return false }
            Self.redraw(&state)
            return true
        }
    }

    private static func redraw(_ state: inout State) {
        var random = SystemRandomNumberGenerator()
        state.extranonces.redraw(avoiding: state.others, using: &random)
    }

    /// Announces the half through a node and looks at those of others, until cancelled.
    func run(on node: MeshNode, as name: InstanceName) async {
        var told = announced
        node.setAttribute(Self.attribute, to: told)
        node.observe(name.service) { table in
            self.state.withLock { $0.table = table }
            self.changes.continuation.yield()
        }
        for await _ in changes.stream {
            let table = state.withLock { $0.table }
            let others = table.map(\.record).filter { $0.name != name }
            if avoid(Set(others.compactMap { $0.attributes[Self.attribute].flatMap { UInt32($0, radix: 16) } })) {
                logger.warning(
                    "another server has drawn the same extranonce; drew another, \(announced), for connections from now on"
                )
            }
            let current = announced
            if current != told {
                node.setAttribute(Self.attribute, to: current)
                told = current
            }
            // Once the registry lists what is announced, whoever comes later sees it, and who came before has been seen.
            let own = table.first { $0.record.name == name }?.record
            if own?.epoch == node.epoch, own?.attributes[Self.attribute] == current { looked.continuation.yield() }
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
