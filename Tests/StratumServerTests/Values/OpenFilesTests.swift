internal import Glibc
internal import TestSupport
internal import Testing

@testable internal import stratum

@Suite struct OpenFilesTests {
    @Test(arguments: [
        (1_048_576, 50_000, 50_000), (65_536, 65_536, 61_440), (1024, 50_000, 896), (1024, 100, 100), (64, 50_000, 1),
    ])
    func `some files are kept for what is no miner`(limit: Int, wanted: Int, connections: Int) {
        #expect(OpenFiles(limit: limit).connections(wanted: wanted) == connections)
    }

    @Test func `the limit is raised as far as it may be, and who wants more is told`() throws {
        let files = try #require(OpenFiles.raise())
        var limits = rlimit()
        #expect(getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0)
        #expect(limits.rlim_cur == limits.rlim_max)
        #expect(files.limit == Int(clamping: limits.rlim_max))

        let log = LogBook()
        #expect(OpenFiles.fit(1, logger: log.logger) == 1)
        #expect(log.lines.isEmpty)
        #expect(OpenFiles.fit(.max, logger: log.logger) == files.limit - files.reserve)
        #expect(log.lines.count == 1)
        #expect(log.lines[0].contains("\(files.limit) files may be open"))
    }
}
