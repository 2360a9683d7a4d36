internal import Testing

/// What can only be seen from outside of a process, in real processes. One at a time: waiting for the end of one occupies a
/// thread that all other tests share.
@Suite(.serialized) struct ProcessTests {
    func output(of result: ExitTest.Result?) -> String {
        String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    }

    func errors(of result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
}
