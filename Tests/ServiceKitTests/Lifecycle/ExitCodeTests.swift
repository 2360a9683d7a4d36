internal import Testing

@testable internal import ServiceKit

/// The statuses that supervisors and scripts rely on.
@Suite struct ExitCodeTests {
    private struct Other: Error {}

    private static let statuses: [(ServiceKitError.Code, Int32)] = [
        (.usage, 64), (.configuration, 78), (.cannotBind, 69), (.fenced, 75), (.serviceEnded, 70),
    ]

    @Test(arguments: statuses)
    func everyErrorHasItsOwn(code: ServiceKitError.Code, status: Int32) {
        #expect(ExitCode(of: ServiceKitError(code, "x")).rawValue == status)
    }

    @Test func theOthers() {
        #expect(ExitCode(of: Other()) == .internalError && ExitCode(of: CancellationError()).rawValue == 70)
        #expect(ExitCode.success.rawValue == 0 && ExitCode.drainBudgetSpent.rawValue == 124)
        #expect(ExitCode.interrupted(by: 15).rawValue == 143)
    }

    @Test func errorsShowTheirCause() {
        #expect("\(ServiceKitError(.fenced, "a newer epoch"))" == "a newer epoch")
        #expect("\(ServiceKitError(.fenced, "a newer epoch", cause: Other()))" == "a newer epoch (Other())")
    }
}
