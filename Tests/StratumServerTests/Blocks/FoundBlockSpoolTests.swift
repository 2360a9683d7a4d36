internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import stratum

@Suite struct FoundBlockSpoolTests {
    private let folder: TemporaryFolder
    private let spool: FoundBlockSpool

    init() throws {
        folder = try TemporaryFolder("spool")
        spool = FoundBlockSpool(path: folder.path + "/deep/spool")
        try spool.prepare()
    }

    private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: spool.path) }

    @Test func `what was written is there in the next life, oldest first, until it is removed`() throws {
        let blocks = try (1...3).map { try BlockSamples.block($0) }
        for block in blocks.reversed() { try spool.write(block) }
        try spool.write(blocks[0])
        let next = FoundBlockSpool(path: spool.path)
        try next.prepare()
        #expect(try next.load().blocks == blocks)
        #expect(try files().count == 3)
        try next.remove(blocks[1].hash)
        try next.remove(blocks[1].hash)
        #expect(try spool.load().blocks == [blocks[0], blocks[2]])
    }

    @Test func `half a file and a damaged one cost no other block, and stay for people`() throws {
        let block = try BlockSamples.block(1)
        try spool.write(block)
        let bytes = try Data(contentsOf: URL(filePath: "\(spool.path)/\(block.hash).block"))
        try bytes.prefix(100).write(to: URL(filePath: "\(spool.path)/aa.block.writing"))
        try bytes.prefix(100).write(to: URL(filePath: "\(spool.path)/bb.block"))
        let contents = try spool.load()
        #expect(contents.blocks == [block])
        #expect(contents.damaged.count == 1)
        #expect(contents.damaged[0].contains("bb.block"))
        #expect(try files().count == 3)
    }

    @Test func `a full disk is an error that says so, and leaves nothing`() throws {
        // Every write to a link to /dev/full fails like one to a full disk.
        let block = try BlockSamples.block(1)
        try FileManager.default.createSymbolicLink(
            atPath: "\(spool.path)/\(block.hash).block.writing", withDestinationPath: "/dev/full")
        let error = #expect(throws: FoundBlockSpool.Failure.self) { try spool.write(block) }
        #expect(error?.description.contains("No space left on device") == true)
        #expect(error?.description.contains("free some space") == true)
        #expect(try files().isEmpty)
    }

    @Test func `a folder that cannot be is an error that says what to do`() throws {
        try Data().write(to: URL(filePath: folder.path + "/file"))
        let impossible = FoundBlockSpool(path: folder.path + "/file/spool")
        #expect(throws: FoundBlockSpool.Failure.self) { try impossible.prepare() }
        #expect(throws: FoundBlockSpool.Failure.self) { try impossible.load() }
        let error = #expect(throws: FoundBlockSpool.Failure.self) { try impossible.write(BlockSamples.block(1)) }
        #expect(error?.description.contains("--spool") == true)
    }
}
