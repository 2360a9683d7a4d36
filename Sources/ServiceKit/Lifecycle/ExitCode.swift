/// How a process of Headframe ended, for its supervisor. The numbers are those of sysexits.h where it has one.
public struct ExitCode: RawRepresentable, Hashable, Sendable {
    /// The status handed to the operating system.
    public let rawValue: Int32

    /// Makes an exit code out of a status from 0 to 255.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// 0: everything was drained, or `--help` or `--version` was answered.
    public static let success = ExitCode(rawValue: 0)
    /// 64 (EX_USAGE): the command line is wrong. Restarting does not help.
    public static let usage = ExitCode(rawValue: 64)
    /// 69 (EX_UNAVAILABLE): an address or a port cannot be bound.
    public static let unavailable = ExitCode(rawValue: 69)
    /// 70 (EX_SOFTWARE): a service failed, or the watchdog found a loop hanging.
    public static let internalError = ExitCode(rawValue: 70)
    /// 75 (EX_TEMPFAIL): a newer epoch of the same instance is registered; this process must not go on.
    public static let fenced = ExitCode(rawValue: 75)
    /// 78 (EX_CONFIG): a setting from the environment or a file is wrong. Restarting does not help.
    public static let configuration = ExitCode(rawValue: 78)
    /// 124, as timeout(1) has it: the drain budget ended before everything was drained.
    public static let drainBudgetSpent = ExitCode(rawValue: 124)

    /// 128 + the signal's number, as a shell has it: a second signal ended the drain at once.
    public static func interrupted(by signal: Int32) -> ExitCode {
        ExitCode(rawValue: 128 + signal)
    }
}

/// An error that knows the exit code of a process that ends by it. Any other error means ``ExitCode/internalError``.
public protocol ExitCodeProviding: Error {
    /// The status to exit with.
    var exitCode: ExitCode { get }
}

extension ExitCode {
    /// The exit code of a process that ends by `error`.
    public init(of error: any Error) {
        self = (error as? any ExitCodeProviding)?.exitCode ?? .internalError
    }
}
