/// What a miner asks for in its password: `d=16,min=4,max=1024`.
///
/// Arguments are divided by commas, semicolons or blanks, upper and lower case are the same, and a value follows a `=`, a `:` or a blank:
///
/// | argument | meaning |
/// |---|---|
/// | `d`, `-d`, `diff`, `--diff`, `difficulty`, `--difficulty`, `start`, `--start-diff`, `sd` | the difficulty to begin with |
/// | `min`, `mind`, `--min-diff` | never a lower one |
/// | `max`, `maxd`, `--max-diff` | never a higher one |
///
/// The same for `min` and `max` holds the difficulty fixed. Anything else in a password is left alone, and so are values that are no
/// positive numbers: passwords are often just `x`.
public struct DifficultyArguments: Sendable, Hashable {
    /// The difficulty to begin with.
    public var start: Double?
    /// The lowest difficulty.
    public var minimum: Double?
    /// The highest difficulty.
    public var maximum: Double?

    /// Arguments from their values.
    public init(start: Double? = nil, minimum: Double? = nil, maximum: Double? = nil) {
        self.start = start
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Reads a password.
    public init(password: String) {
        let words = password.lowercased().split { ",; \t=:".contains($0) }
        for (name, value) in zip(words, words.dropFirst()) {
            guard let difficulty = Double(value), difficulty.isFinite, difficulty > 0 else { continue }
            switch name.drop(while: { $0 == "-" }) {
            case "d", "diff", "difficulty", "start", "start-diff", "sd": start = difficulty
            case "min", "mind", "min-diff": minimum = difficulty
            case "max", "maxd", "max-diff": maximum = difficulty
            default: break
            }
        }
    }

    /// Whether nothing is asked for.
    public var isEmpty: Bool { start == nil && minimum == nil && maximum == nil }
}
