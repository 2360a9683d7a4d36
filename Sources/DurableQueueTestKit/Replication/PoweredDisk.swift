/// What a disk adds up to, of items that are written one after the other.
protocol DiskContents: Sendable {
    associatedtype Item: Sendable
    mutating func apply(_ item: Item)
}

/// The disk of a member in a simulation: what was forced to it, and what is on its way and goes with the power.
struct PoweredDisk<Contents: DiskContents>: Sendable {
    /// What was forced to it.
    private(set) var synced: Contents
    /// What readers see: what is on its way too.
    private(set) var visible: Contents
    private(set) var pending: [Contents.Item] = []

    init(_ contents: Contents) { (synced, visible) = (contents, contents) }

    mutating func write(_ item: Contents.Item) {
        pending.append(item)
        visible.apply(item)
    }

    /// Forces the first so many to the disk.
    mutating func synchronize(_ count: Int) -> [Contents.Item] {
        let items = Array(pending.prefix(count))
        pending.removeFirst(items.count)
        for item in items { synced.apply(item) }
        return items
    }

    /// Loses what was not forced, but for as much as happened to get there.
    mutating func losePower(keeping count: Int) {
        _ = synchronize(count)
        pending = []
        visible = synced
    }
}
