internal import Foundation
internal import Logging
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import ServiceKit

/// The handler behind swift-log, and standard error behind the handler.
@Suite struct ServiceLogHandlerTests {
    private final class Lines: Sendable {
        private let text = Mutex<[String]>([])
        var all: [String] { text.withLock { $0 } }
        @Sendable func append(_ line: String) { text.withLock { $0.append(line) } }
    }

    private enum Trace {
        @TaskLocal static var id: String?
        static let provider = Logger.MetadataProvider { id.map { ["trace": "\($0)"] } ?? [:] }
    }

    private struct Failure: Error {}

    private let lines = Lines()

    private func logger(
        _ level: Logger.Level = .info, format: LogFormat = .json, provider: Logger.MetadataProvider? = nil
    ) -> Logger {
        Logger(label: "sample-1") { [lines] label in
            ServiceLogHandler(
                label: label, level: level, format: format, metadataProvider: provider, sink: lines.append)
        }
    }

    /// The line without its time.
    private func withoutTime(_ line: String) -> String {
        line.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, with: "TIME")
    }

    @Test func theTraceOfTheTaskIsInTheLine() {
        let logger = logger(provider: Trace.provider)
        Trace.$id.withValue("4bf92f35") { logger.info("inside") }
        logger.info("outside")
        #expect(
            lines.all.map(withoutTime) == [
                #"{"time":"TIME","level":"info","logger":"sample-1","message":"inside","metadata":{"trace":"4bf92f35"}}"#
                    + "\n",
                #"{"time":"TIME","level":"info","logger":"sample-1","message":"outside"}"# + "\n",
            ])
    }

    @Test func theNearestMetadataWins() {
        var logger = logger(format: .text, provider: Logger.MetadataProvider { ["a": "provider", "b": "provider"] })
        logger[metadataKey: "b"] = "logger"
        logger[metadataKey: "c"] = "logger"
        logger.info("x", metadata: ["c": "event"])
        logger[metadataKey: "c"] = nil
        logger.info("y")
        #expect(
            lines.all.map(withoutTime) == [
                "TIME INFO     sample-1: x a=provider b=logger c=event\n",
                "TIME INFO     sample-1: y a=provider b=logger\n",
            ])
    }

    @Test func lowerLevelsAreLeftOut() {
        let logger = logger(.warning, format: .text)
        logger.notice("no")
        logger.warning("yes", metadata: ["error": "\(Failure())"])
        #expect(lines.all.map(withoutTime) == ["TIME WARNING  sample-1: yes error=Failure()\n"])
    }

    @Test func thereAreNoColoursOffATerminal() {
        #expect(LogColor.always.applies && !LogColor.never.applies)
        // The output of tests may be a terminal; that of a child never is, see ProcessTests.
        #expect(LogColor.auto.applies == StandardError.isColorTerminal)
    }

    // MARK: Standard error

    @Test func aReaderThatStopsDoesNotHangTheWriter() throws {
        let pipe = Pipe()
        var writer = PatientWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let start = ContinuousClock.now
        block.withUnsafeBytes { writer.write($0) }
        #expect(writer.isStuck)
        // The second does not wait at all; 100 of them would otherwise take 10 seconds.
        for _ in 0..<100 { block.withUnsafeBytes { writer.write($0) } }
        #expect(ContinuousClock.now - start < .seconds(5))

        var taken = pipe.fileHandleForReading.availableData
        while taken.count < 65536 { taken += pipe.fileHandleForReading.availableData }
        Array("line\n".utf8).withUnsafeBytes { writer.write($0) }
        #expect(!writer.isStuck)
        #expect(pipe.fileHandleForReading.availableData == Data("\nline\n".utf8), "a line of its own again")
    }

    @Test func longTextsAndClosedReadersAreFine() throws {
        let pipe = Pipe()
        var writer = PatientWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let text = (0..<9000).map { "line \($0)\n" }.joined()
        Array(text.prefix(60000).utf8).withUnsafeBytes { writer.write($0) }
        #expect(!writer.isStuck)
        var taken = Data()
        while taken.count < 60000 { taken += pipe.fileHandleForReading.availableData }
        #expect(String(decoding: taken, as: UTF8.self) == text.prefix(60000))

        var nowhere = PatientWriter(descriptor: -1)
        Array("x".utf8).withUnsafeBytes { nowhere.write($0) }
    }
}
