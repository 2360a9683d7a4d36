/// The candidate that a misspelt name most likely meant; nil if none is close.
func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    // Nobody misspells beyond that, and the work grows with the product of the lengths.
    let name = name.prefix(128)
    let scored = candidates.map { (candidate: $0, distance: editDistance(name, $0)) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, name.count / 3) ? best.candidate : nil
}

/// How many letters have to be inserted, removed or replaced to make `a` into `b` (Levenshtein).
private func editDistance(_ a: some StringProtocol, _ b: some StringProtocol) -> Int {
    let a = Array(a.utf8), b = Array(b.utf8)
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in b.enumerated() {
            let replaced = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
