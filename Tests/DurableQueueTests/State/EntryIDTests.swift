internal import Mesh
internal import Testing

@testable internal import DurableQueue

@Suite struct EntryIDTests {
    @Test func tellsIdsThatAreLikeMadeOnesFromOthers() {
        var random = MeshRandom(seed: 1)
        for _ in 0..<100 { #expect(EntryID.made(using: &random).isLikeMade) }
        let digits = String(repeating: "0", count: 31)
        for digit in "0123456789abcdef" { #expect(EntryID(digits + String(digit)).isLikeMade) }
        for other in "/:`gjoABF" { #expect(!EntryID(digits + String(other)).isLikeMade) }
        #expect(!EntryID(digits).isLikeMade && !EntryID(digits + "00").isLikeMade && !EntryID("").isLikeMade)
    }
}
