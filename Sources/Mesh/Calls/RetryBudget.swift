/// How many retries a node may add to its calls: a share of them, above a small reserve, so that retries cannot turn a
/// slow service into a dead one.
struct RetryBudget: Sendable {
    private let ratio: Double
    private let reserve: Double
    private var tokens: Double

    init(ratio: Double, reserve: Double = 10) {
        self.ratio = ratio
        self.reserve = reserve
        tokens = reserve
    }

    /// A call was made for the first time.
    mutating func deposit() { tokens = min(tokens + ratio, reserve) }

    /// Whether one retry may be made.
    mutating func withdraw() -> Bool {
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
