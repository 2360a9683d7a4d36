internal import Mesh

/// Every call that was made and every time that one ran.
final class CallBook {
    struct Entry {
        let request: CallRequest
        let caller: String
        let begun: MeshInstant
        var runs: [Epoch] = []
        var ends = 0
    }

    private(set) var entries: [Entry] = []

    func begin(_ request: (Int) -> CallRequest, caller: String, now: MeshInstant) -> Int {
        let number = entries.count
        entries.append(Entry(request: request(number), caller: caller, begun: now))
        return number
    }

    func ran(_ number: Int, epoch: Epoch) { entries[number].runs.append(epoch) }

    func ended(_ number: Int) { entries[number].ends += 1 }
}
