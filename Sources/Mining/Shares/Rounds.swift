/// Which shares found which block: a share belongs to the first block, in the height and the time stamped on both, that was not orphaned.
///
/// Blocks divide shares into spans, whatever became of them; the span before an orphaned or rejected one goes on to the next block. So what is
/// summed up never has to be divided again when the chain changes its mind. A value: spans go in as sums or share by share, in any order.
public struct Rounds: Sendable, Equatable {
    /// A share that solved a block.
    public struct Block: Sendable, Hashable {
        /// What became of it.
        public enum Standing: Sendable, Hashable {
            /// It is in the chain.
            case accepted
            /// Nobody has decided yet; it ends its round until then.
            case undecided
            /// It is beside the chain, or was refused: its round goes on to the next block.
            case orphaned
        }

        /// The block's hash, 64 hexadecimal digits.
        public var hash: String
        /// The height stamped on the share.
        public var height: Int
        /// The time stamped on the share, in milliseconds since 1970.
        public var timeMilliseconds: Int64
        /// What became of it.
        public var standing: Standing

        /// A block from its parts.
        public init(hash: String, height: Int, timeMilliseconds: Int64, standing: Standing) {
            self.hash = hash
            self.height = height
            self.timeMilliseconds = timeMilliseconds
            self.standing = standing
        }
    }

    /// The shares that belong to one block.
    public struct Round: Sendable, Equatable {
        /// The block that ended it; nil for the round that is open.
        public var block: Block?
        /// The blocks on the way that came to nothing.
        public var orphans: [Block] = []
        /// How much each worker has in it, in units of ``PoolShare/weightPerDifficulty``.
        public var weights: [String: UInt128] = [:]

        /// What all have in it.
        public var weight: UInt128 { weights.values.reduce(0, +) }
    }

    /// How many bytes a share takes among those that are kept one by one: its time (6), and its weight in units of 10^15 (2) and the
    /// rest (7), big-endian.
    public static let shareBytes = 15

    private let blocks: [Block]
    /// The weights before the first block, between the first and the second, and so on.
    private var spans: [[String: UInt128]]

    /// No share yet.
    ///
    /// - Parameter blocks: in any order.
    public init(blocks: [Block]) {
        self.blocks = blocks.sorted { $0.place < $1.place }
        spans = Array(repeating: [:], count: blocks.count + 1)
    }

    /// Adds what is known of a span in sum.
    ///
    /// - Parameter hash: of the block that it comes after; nil for the span before all. One that is not listed any more is left out.
    public mutating func add(_ weights: [String: UInt128], afterBlock hash: String?) {
        guard let hash else { return add(weights, to: 0) }
        guard let index = blocks.firstIndex(where: { $0.hash == hash }) else { return }
        add(weights, to: index + 1)
    }

    /// Adds a share.
    public mutating func add(_ weight: UInt128, of worker: String, height: Int, timeMilliseconds: Int64) {
        spans[span(height: height, timeMilliseconds: timeMilliseconds)][worker, default: 0] += weight
    }

    /// Adds shares that are kept one by one.
    ///
    /// - Parameter bytes: ``shareBytes`` for each; what is left at the end is no share and is left out.
    public mutating func add(_ bytes: [UInt8], of worker: String, height: Int) {
        for start in stride(from: 0, through: bytes.count - Self.shareBytes, by: Self.shareBytes) {
            func number(_ range: Range<Int>) -> UInt64 {
                range.reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) }
            }
            let weight = UInt128(number(6..<8)) * 1_000_000_000_000_000 + UInt128(number(8..<15))
            add(weight, of: worker, height: height, timeMilliseconds: Int64(number(0..<6)))
        }
    }

    /// The rounds, the oldest first; the open one is the last.
    public var rounds: [Round] {
        var rounds: [Round] = []
        var current = Round()
        for (block, weights) in zip(blocks, spans) {
            current.weights.merge(weights, uniquingKeysWith: +)
            if block.standing == .orphaned {
                current.orphans.append(block)
            } else {
                current.block = block
                rounds.append(current)
                current = Round()
            }
        }
        current.weights.merge(spans[blocks.count], uniquingKeysWith: +)
        return rounds + [current]
    }

    private mutating func add(_ weights: [String: UInt128], to span: Int) {
        spans[span].merge(weights, uniquingKeysWith: +)
    }

    /// How many blocks come before a share: a share at the very time of a block is not after it.
    private func span(height: Int, timeMilliseconds: Int64) -> Int {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            let block = blocks[middle]
            if (block.height, block.timeMilliseconds) < (height, timeMilliseconds) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

extension Rounds.Block {
    /// What blocks are ordered by; the hash only where two have all else in common.
    fileprivate var place: (Int, Int64, String) { (height, timeMilliseconds, hash) }
}
