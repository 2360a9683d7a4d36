internal import Mesh

/// The truth that publishers report: a tree of blocks, of which one chain counts, and templates on its tip.
final class Chain {
    struct Block {
        let number: Int
        let parent: Int
        let height: UInt64
        let work: UInt64
        /// The blocks below and itself, newest first, as many as travel with a position.
        let ancestors: [String]

        var hash: String { ancestors[0] }
    }

    /// What a perfect daemon would say: a template on a block. Each view follows the one before.
    struct View: Equatable {
        let block: Int
        let template: Int
    }

    static let lineage = "main:genesis"
    static let workPerBlock: UInt64 = 1000

    private(set) var blocks: [Block] = []
    private(set) var view: View
    /// Numbers the views.
    private(set) var sequence = 0

    init() {
        let ancestors = (0..<Position.maximumAncestors).map { "g\(100 - $0)" }
        blocks = [Block(number: 0, parent: -1, height: 100, work: 100 * Self.workPerBlock, ancestors: ancestors)]
        view = View(block: 0, template: 0)
    }

    var tip: Block { blocks[view.block] }

    /// Adds a block without making it the tip.
    func extend(_ parent: Int, work: UInt64 = Chain.workPerBlock, mark: String = "b") -> Int {
        let below = blocks[parent]
        let number = blocks.count
        let ancestors = ["\(mark)\(number)"] + below.ancestors.prefix(Position.maximumAncestors - 1)
        blocks.append(
            Block(
                number: number, parent: parent, height: below.height + 1, work: below.work + work,
                ancestors: ancestors))
        return number
    }

    func follow(_ block: Int) {
        sequence += 1
        view = View(block: block, template: sequence)
    }

    func refreshTemplate() { follow(view.block) }

    /// The block so many below another; the first block at most.
    func ancestor(of block: Int, depth: Int) -> Int {
        var block = block
        for _ in 0..<depth where blocks[block].parent >= 0 { block = blocks[block].parent }
        return block
    }

    /// Whether a block is another or lies below it.
    func isAncestor(_ lower: Int, of upper: Int) -> Bool {
        var block = upper
        while block >= 0, blocks[block].height > blocks[lower].height { block = blocks[block].parent }
        return block == lower
    }

    func position(of block: Int) -> Position {
        let block = blocks[block]
        return Position(
            lineage: Self.lineage, ordinal: Ordinal(block.work), height: block.height, parent: block.hash,
            ancestors: block.ancestors)
    }
}
