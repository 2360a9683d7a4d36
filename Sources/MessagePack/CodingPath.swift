/// The way from the top of a message to a value; nil is the top. It is linked so that going down a level is cheap,
/// and spelled out only when an error or a type asks for it.
final class CodingPath {
    let key: any CodingKey
    let parent: CodingPath?

    init(_ key: any CodingKey, below parent: CodingPath?) {
        self.key = key
        self.parent = parent
    }
}

extension CodingPath? {
    var keys: [any CodingKey] {
        var keys: [any CodingKey] = []
        var next = self
        while let path = next {
            keys.append(path.key)
            next = path.parent
        }
        return keys.reversed()
    }
}

/// A position in an array.
struct IndexKey: CodingKey {
    let index: Int
    var intValue: Int? { index }
    var stringValue: String { "\(index)" }

    init(_ index: Int) {
        self.index = index
    }

    init?(intValue: Int) {
        index = intValue
    }

    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        self.index = index
    }
}

/// The path as an error message shows it: `args[0].name`, or `the top level`.
func pathText(_ keys: [any CodingKey]) -> String {
    var text = ""
    for key in keys {
        if let index = key as? IndexKey {
            text += "[\(index.index)]"
        } else {
            text += (text.isEmpty ? "" : ".") + key.stringValue
        }
    }
    return text.isEmpty ? "the top level" : text
}
