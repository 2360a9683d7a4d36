internal import Mining
internal import Testing

@Suite struct DifficultyTests {
    static let algorithms = ProofOfWorkKind.allCases

    private func number(_ hex: String) throws -> UInt256 { try #require(UInt256(hex: hex)) }

    @Test func `targets that pools and networks have published`() throws {
        let scrypt = Scrypt()
        let bitcoin = SHA256d()
        #expect(Difficulty.target(1, scrypt) == (try number("ffff" + String(repeating: "0", count: 56))))
        #expect(Difficulty.target(1, bitcoin) == UInt256(compactBits: 0x1d00_ffff))
        #expect(Difficulty.target(65536, scrypt) == UInt256(compactBits: 0x1d00_ffff))
        #expect(Difficulty.target(16, scrypt) == (try number("0ffff" + String(repeating: "0", count: 55))))
        #expect(Difficulty.target(0.5, scrypt) == (try number("1fffe" + String(repeating: "0", count: 56))))
        // 0xffff shifted by 208 divided by 3, which leaves no rest
        #expect(Difficulty.target(3, bitcoin) == (try number("5555" + String(repeating: "0", count: 52))))
        // Bitcoin's block 100000 had the difficulty 14484.16...
        let block = UInt256(compactBits: 0x1b04_864c)
        #expect(abs(Difficulty.of(block, bitcoin) - 14484.162_361_225_399) < 1e-9)
    }

    @Test(arguments: algorithms) func `back and forth a difficulty stays what it was`(kind: ProofOfWorkKind) {
        let algorithm = kind.algorithm
        for exponent in -12...60 {
            for _ in 0..<20 {
                let difficulty = Double.random(in: 1..<2) * Double(sign: .plus, exponent: exponent, significand: 1)
                let again = Difficulty.of(Difficulty.target(difficulty, algorithm), algorithm)
                #expect(abs(again / difficulty - 1) < 1e-14)
            }
        }
    }

    @Test(arguments: algorithms) func `harder is lower`(kind: ProofOfWorkKind) {
        let difficulties = (0..<500).map { _ in Double.random(in: 0.001...1_000_000) }.sorted()
        let targets = difficulties.map { Difficulty.target($0, kind.algorithm) }
        #expect(targets == targets.sorted().reversed())
    }

    @Test(arguments: algorithms) func `values beyond all sense have a target too`(kind: ProofOfWorkKind) {
        let algorithm = kind.algorithm
        for difficulty in [0, -1, -.infinity, .leastNonzeroMagnitude, 1e-30] {
            #expect(Difficulty.target(difficulty, algorithm) == .max)
        }
        for difficulty in [.nan, .signalingNaN, .infinity, .greatestFiniteMagnitude, 1e100] {
            #expect(Difficulty.target(difficulty, algorithm) == .zero)
        }
        #expect(Difficulty.of(.zero, algorithm) == .infinity)
        #expect(Difficulty.of(.max, algorithm) > 0)
    }
}
