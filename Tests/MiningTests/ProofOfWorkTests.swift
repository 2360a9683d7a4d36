internal import Foundation
internal import Mining
internal import Testing

@Suite struct ProofOfWorkTests {
    /// Source: the first block of Bitcoin.
    @Test func `the first block of Bitcoin meets its target`() throws {
        let header = try #require(
            Hex.decode(
                "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
                    + "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"))
        let hash = try SHA256d().hash(header: header)
        #expect(hash.hex == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")
        #expect(BlockAssembly.hash(header: header) == hash.hex)
        #expect(hash <= UInt256(compactBits: 0x1d00_ffff))
        #expect(Difficulty.of(hash, SHA256d()) > 2500)
    }

    @Test(arguments: ProofOfWorkKind.allCases) func `a kind travels by its name`(kind: ProofOfWorkKind) throws {
        #expect(kind.algorithm.name == kind.rawValue)
        #expect(try JSONDecoder().decode([ProofOfWorkKind].self, from: JSONEncoder().encode([kind])) == [kind])
        for count in [0, 79, 81] {
            expect(.foreignSolution, "80 bytes, these are \(count)") { () throws(MiningError) in
                _ = try kind.algorithm.hash(header: [UInt8](repeating: 0, count: count))
            }
        }
    }

    /// Source: the first block of Litecoin, and `scrypt_tests.cpp` of Litecoin Core.
    static let scryptHashes = [
        (
            "010000000000000000000000000000000000000000000000000000000000000000000000d9ced4ed1130f7b7faad9be25323ffafa33232a1"
                + "7c3edf6cfd97bee6bafbdd97b9aa8e4ef0ff0f1ecd513f7c",
            "0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00"
        ),
        (
            "020000004c1271c211717198227392b029a64a7971931d351b387bb80db027f270411e398a07046f7d4a08dd815412a8712f874a7ebf0507"
                + "e3878bd24e20a3b73fd750a667d2f451eac7471b00de6659",
            "00000000002bef4107f882f6115e0b01f348d21195dacd3582aa2dabd7985806"
        ),
        (
            "0200000011503ee6a855e900c00cfdd98f5f55fffeaee9b6bf55bea9b852d9de2ce35828e204eef76acfd36949ae56d1fbe81c1ac9c0209e"
                + "6331ad56414f9072506a77f8c6faf551eac7471b00389d01",
            "00000000003a0d11bdd5eb634e08b7feddcfbbf228ed35d250daf19f1c88fc94"
        ),
    ]

    @Test(arguments: scryptHashes) func `headers have the scrypt hash that Litecoin gives them`(
        header: String, hash: String
    ) throws {
        #expect(try Scrypt().hash(header: try #require(Hex.decode(header))).hex == hash)
    }

    @Test func `the name of a Litecoin block is SHA-256 twice`() throws {
        let header = try #require(Hex.decode(Self.scryptHashes[0].0))
        #expect(
            BlockAssembly.hash(header: header) == "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2")
    }
}
