internal import Foundation
internal import Mining
internal import Testing

@Suite struct BlockVerdictTests {
    private func combined(_ outcomes: BlockVerdict.Outcome...) -> BlockVerdict.Outcome {
        BlockVerdict.combined(outcomes.map { BlockVerdict(hash: "ab", outcome: $0) }, hash: "ab").outcome
    }

    @Test func `one that has the block outweighs all others`() {
        #expect(combined(.rejected, .undecided, .accepted, .orphaned, .unknownJob) == .accepted)
        #expect(combined(.rejected, .orphaned, .undecided) == .orphaned)
    }

    @Test func `it is refused only when all refuse it`() {
        #expect(combined(.rejected) == .rejected)
        #expect(combined(.rejected, .rejected) == .rejected)
        #expect(combined(.rejected, .undecided) == .undecided)
        #expect(combined(.rejected, .unknownJob) == .undecided)
        #expect(combined(.undecided, .unknownJob) == .undecided)
        #expect(combined(.unknownJob, .unknownJob) == .unknownJob)
        #expect(combined() == .undecided)
    }

    @Test func `what the daemons said is kept`() {
        let verdicts = [
            BlockVerdict(hash: "ab", outcome: .rejected, reasons: ["a": "high-hash", "b": "bad-cb-amount"]),
            BlockVerdict(hash: "ab", outcome: .rejected, reasons: ["c": "time-too-old", "b": "duplicate-invalid"]),
        ]
        let combined = BlockVerdict.combined(verdicts, hash: "ab")
        #expect(combined.reasons == ["a": "high-hash", "b": "bad-cb-amount; duplicate-invalid", "c": "time-too-old"])
    }

    @Test(arguments: BlockVerdict.Outcome.allCases) func `it survives its encoding`(outcome: BlockVerdict.Outcome)
        throws
    {
        let verdict = BlockVerdict(hash: "ab", outcome: outcome, reasons: ["a": "b"])
        #expect(try JSONDecoder().decode(BlockVerdict.self, from: JSONEncoder().encode(verdict)) == verdict)
        #expect(verdict.isDecided == [.accepted, .orphaned, .rejected].contains(outcome))
    }
}

@Suite struct SubmitAnswerTests {
    static let answers: [(String?, SubmitAnswer)] = [
        (nil, .accepted), ("duplicate", .duplicate), ("inconclusive", .inconclusive),
        ("duplicate-inconclusive", .inconclusive),
        ("high-hash", .rejected(reason: "high-hash", canChange: false)),
        ("bad-cb-amount", .rejected(reason: "bad-cb-amount", canChange: false)),
        ("duplicate-invalid", .rejected(reason: "duplicate-invalid", canChange: false)),
        ("mweb-missing", .rejected(reason: "mweb-missing", canChange: false)),
        ("unexpected-witness", .rejected(reason: "unexpected-witness", canChange: false)),
        ("time-too-old", .rejected(reason: "time-too-old", canChange: false)),
        ("time-too-new", .rejected(reason: "time-too-new", canChange: true)),
        ("prev-blk-not-found", .rejected(reason: "prev-blk-not-found", canChange: true)),
        ("rejected", .rejected(reason: "rejected", canChange: true)),
        ("", .rejected(reason: "", canChange: true)),
    ]

    @Test(arguments: answers.indices) func `an answer has its meaning`(index: Int) {
        #expect(SubmitAnswer(result: Self.answers[index].0) == Self.answers[index].1)
    }

    @Test func `of errors only that of the decoding is final`() {
        #expect(
            SubmitAnswer(errorCode: -22, message: "Block decode failed")
                == .rejected(reason: "Block decode failed", canChange: false))
        #expect(SubmitAnswer(errorCode: -25, message: "disk") == .rejected(reason: "disk", canChange: true))
    }
}
