/// Which found blocks are on the disk, and which must not leave memory. Decides when a file is removed. A value.
///
/// A block is written while it is submitted already, so that it may be decided before it is on the disk: then its file is removed by whoever
/// wrote it.
struct SpoolState: Sendable {
    private enum Place: Sendable {
        /// On its way to the disk.
        case writing
        /// On its way to the disk, and decided meanwhile.
        case unwanted
        /// On the disk.
        case kept
        /// Not on the disk: nothing but memory has it.
        case missing
    }

    private var places: [String: Place] = [:]

    /// The blocks that would be lost with the process.
    var missing: [String] { places.compactMap { $0.value == .missing ? $0.key : nil }.sorted() }

    /// Whether a file of this block may be there only to be removed.
    func isUnwanted(_ hash: String) -> Bool { places[hash] == .unwanted }

    /// A block is to be written.
    ///
    /// - Returns: Whether it has to be: not when it is there, or on its way.
    mutating func begin(_ hash: String) -> Bool {
        switch places[hash] {
        case .kept, .writing, .unwanted: return false
        case .missing, nil:
            places[hash] = .writing
            return true
        }
    }

    /// The writing of a block has ended.
    ///
    /// - Parameter isKept: Whether it is on the disk now.
    /// - Returns: Whether it has to be removed, because it was decided meanwhile.
    mutating func ended(_ hash: String, isKept: Bool) -> Bool {
        let isUnwanted = places[hash] == .unwanted
        places[hash] = isUnwanted ? nil : isKept ? .kept : .missing
        return isUnwanted && isKept
    }

    /// A block was found on the disk.
    mutating func found(_ hash: String) {
        if places[hash] == nil { places[hash] = .kept }
    }

    /// A block is on the disk, and memory has no room for it: it is known again when it is found there.
    mutating func leave(_ hash: String) { places[hash] = nil }

    /// A block is decided.
    ///
    /// - Returns: Whether its file has to be removed now; not while it is being written.
    mutating func decided(_ hash: String) -> Bool {
        switch places[hash] {
        case .writing, .unwanted:
            places[hash] = .unwanted
            return false
        case .kept, .missing, nil:
            places[hash] = nil
            return true
        }
    }
}
