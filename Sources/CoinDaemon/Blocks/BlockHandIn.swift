public import Mining

/// How handing a block in to one daemon ended, or stands.
public enum DaemonVerdict: Sendable, Hashable {
    /// It has the block in its best chain.
    case accepted
    /// It has the block on a branch beside its best chain.
    case orphaned
    /// It refused the block for a reason that cannot change.
    case refused(String)
    /// It has not answered, or not for good.
    case undecided(String)

    /// Whether asking again could change it.
    public var isFinal: Bool { if case .undecided = self { false } else { true } }

    /// In words.
    public var words: String {
        switch self {
        case .accepted: "accepted"
        case .orphaned: "on a branch beside the best chain"
        case .refused(let reason), .undecided(let reason): reason
        }
    }
}

/// Decides how a block is handed in to one daemon: what to do next, after each answer. A value; randomness is a parameter.
///
/// The block is submitted; where the answer leaves open what became of it, its hash is asked for; where the daemon does not have
/// it yet, it is submitted again, with growing pauses.
public struct BlockHandIn: Sendable {
    /// What is to be done.
    public enum Step: Sendable, Hashable {
        /// Submit the block.
        case submit
        /// Ask where the daemon has it.
        case ask
        /// Wait so long, then submit it.
        case pause(Duration)
        /// Nothing: it is decided.
        case end(DaemonVerdict)
    }

    /// What is to be done next.
    public private(set) var next = Step.submit
    /// What to say when the time is up.
    public private(set) var standing = DaemonVerdict.undecided("no answer yet")

    private let backoff: Backoff
    private var failures = 0

    /// Begins with submitting.
    public init(backoff: Backoff = Backoff(first: .milliseconds(100), limit: .seconds(1))) {
        self.backoff = backoff
    }

    /// The daemon answered the submission.
    public mutating func submitted(_ answer: SubmitAnswer, random: Double) {
        switch answer {
        case .accepted: end(.accepted)
        case .duplicate, .inconclusive: next = .ask
        case .rejected(let reason, canChange: false): end(.refused(reason))
        case .rejected(let reason, canChange: true): pause(reason, random)
        }
    }

    /// The daemon said where it has the block, or why it cannot say.
    public mutating func asked(_ result: Result<BlockStanding, CoinDaemonError>, random: Double) {
        switch result {
        case .success(.inChain): end(.accepted)
        case .success(.beside): end(.orphaned)
        case .success(.invalid): end(.refused("invalid"))
        case .success(.unknown): pause("the daemon does not have the whole block", random)
        case .failure(let error): pause(error.message, random)
        }
    }

    /// The pause is over.
    public mutating func resumed() {
        next = .submit
    }

    private mutating func end(_ verdict: DaemonVerdict) {
        standing = verdict
        next = .end(verdict)
    }

    private mutating func pause(_ reason: String, _ random: Double) {
        failures += 1
        standing = .undecided(reason)
        next = .pause(backoff.delay(afterFailures: failures, random: random))
    }
}

extension CoinDaemonClient {
    /// Hands a block in until it is clear what the daemon makes of it, or the time is up. Any number of times is like once.
    ///
    /// - Parameters:
    ///   - block: As hexadecimal bytes.
    ///   - hash: The block's, as hashes are shown.
    ///   - deadline: How long it may take in all.
    /// - Returns: The verdict; `undecided` with the last reason when the time is up or the task is cancelled.
    public func handIn(_ block: String, hash: String, within deadline: Duration) async -> DaemonVerdict {
        let end = ContinuousClock.now + deadline
        var handIn = BlockHandIn()
        while !Task.isCancelled {
            let left = end - .now
            guard left > .zero else { break }
            switch handIn.next {
            case .end(let verdict):
                return verdict
            case .submit:
                let answer = await submitAnswer(block, deadline: left)
                handIn.submitted(answer, random: .random(in: 0..<1))
            case .ask:
                let result = await standingResult(of: hash, deadline: min(left, configuration.callDeadline))
                handIn.asked(result, random: .random(in: 0..<1))
            case .pause(let pause):
                // Cancelled while it waits: the loop's condition sees it.
                try? await Task.sleep(for: min(pause, left))
                handIn.resumed()
            }
        }
        return handIn.standing
    }

    private func submitAnswer(_ block: String, deadline: Duration) async -> SubmitAnswer {
        do throws(CoinDaemonError) {
            return SubmitAnswer(result: try await submitBlock(block, deadline: deadline))
        } catch {
            // Only an RPC error is a word about the block.
            guard case .rpc(let code) = error.code else { return .rejected(reason: error.message, canChange: true) }
            return SubmitAnswer(errorCode: code, message: error.message)
        }
    }

    private func standingResult(
        of hash: String, deadline: Duration
    ) async -> Result<BlockStanding, CoinDaemonError> {
        do throws(CoinDaemonError) {
            return .success(try await standing(of: hash, deadline: deadline))
        } catch {
            return .failure(error)
        }
    }
}
