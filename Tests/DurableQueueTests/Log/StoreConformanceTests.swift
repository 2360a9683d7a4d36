internal import DurableQueue
internal import DurableQueueTestKit
internal import TestSupport
internal import Testing

@Suite struct StoreConformanceTests {
    /// Small, so that a workload fills many segments and compacts them.
    static let smallSegments = {
        var options = SegmentLogOptions()
        options.segmentBytes = 4096
        options.compactionStepBytes = 512
        return options
    }()

    @Test(arguments: StoreConformance.Rule.allCases)
    func inMemory(_ rule: StoreConformance.Rule) async throws {
        try await StoreConformance { try InMemoryStore() }.check(rule)
    }

    @Test(arguments: StoreConformance.Rule.allCases)
    func segmentLogOnDisk(_ rule: StoreConformance.Rule) async throws {
        let folder = try TemporaryFolder("queue")
        try await StoreConformance { try SegmentLogStore(folder: folder.path + "/log") }.check(rule)
    }

    @Test(arguments: StoreConformance.Rule.allCases)
    func segmentLogInSmallSegments(_ rule: StoreConformance.Rule) async throws {
        let fileSystem = SimulatedFileSystem()
        try await StoreConformance(refuse: { fileSystem.setReadOnly($0) }) {
            try SegmentLogStore(folder: "/log", options: Self.smallSegments, fileSystem: fileSystem)
        }.check(rule)
    }
}
