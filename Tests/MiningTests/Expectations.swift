internal import Mining
internal import Testing

/// Expects an error of mining with a code, and with words in its message.
func expect(
    _ code: MiningError.Code, _ words: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(MiningError) -> Void
) {
    do {
        try body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == code, sourceLocation: sourceLocation)
        #expect(error.message.contains(words), "\(error.message)", sourceLocation: sourceLocation)
    }
}
