internal import Foundation
internal import Testing

/// The acceptance of the whole, with real processes: Redis, litecoind nodes, the executables that were built beside the tests,
/// stock Python zerorpc. Each test has ports, folders and a namespace of its own.
///
/// One after the other: each of them keeps the machine busy, and many measure how long something took.
@Suite("Integration", .serialized, .timeLimit(.minutes(5)))
enum IntegrationTests {
    /// Whether the long forms run (`HEADFRAME_FULL=1`): a freeze of 20 s instead of 6 s, an outage of 90 s instead of 12 s.
    static let isFull = ProcessInfo.processInfo.environment["HEADFRAME_FULL"] == "1"
}
