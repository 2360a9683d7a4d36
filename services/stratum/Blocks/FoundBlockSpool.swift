internal import Foundation
internal import Glibc
internal import MessagePack

/// The found blocks on disk, a file each, until they are decided.
///
/// A block is written to a temporary name, forced to the disk, and renamed, so that a file that has its name is whole, and is there after a
/// loss of power. The folder belongs to one stratum server.
struct FoundBlockSpool: Sendable {
    /// What could not be done with the spool.
    struct Failure: Error, CustomStringConvertible {
        /// What was tried, on what, and what to do.
        let description: String
    }

    /// What was found at the start.
    struct Contents: Sendable {
        /// The blocks, oldest first.
        var blocks: [FoundBlock] = []
        /// The files that could not be read, with the reason.
        var damaged: [String] = []
    }

    /// The folder.
    let path: String

    private static let suffix = ".block"
    private static let temporarySuffix = ".writing"

    /// Creates the folder where it is missing.
    func prepare() throws(Failure) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                description: "the folder \(path) for found blocks cannot be created: \(error.localizedDescription)")
        }
    }

    /// Writes a block; when it returns, the block survives a crash of the process and of the machine.
    func write(_ block: FoundBlock) throws(Failure) {
        let bytes: [UInt8]
        do {
            bytes = try MessagePackEncoder().encode(block)
        } catch {
            throw Failure(description: "the block \(block.hash) cannot be encoded: \(error)")
        }
        let temporary = file(block.hash) + Self.temporarySuffix
        do throws(Failure) {
            try Self.writeForced(bytes, to: temporary)
            guard rename(temporary, file(block.hash)) == 0 else { throw Self.failure("rename", temporary) }
            try forceFolder()
        } catch {
            // What is left of it would be in the way of nothing but space.
            unlink(temporary)
            throw error
        }
    }

    /// Removes a block that is decided; nothing where there is none.
    func remove(_ hash: String) throws(Failure) {
        guard unlink(file(hash)) == 0 else {
            if errno == ENOENT { return }
            throw Self.failure("remove", file(hash))
        }
        try forceFolder()
    }

    /// Reads what an earlier life left. Files that cannot be read are left where they are, for people to look at.
    func load() throws(Failure) -> Contents {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw Failure(
                description: "the folder \(path) of found blocks cannot be read: \(error.localizedDescription)")
        }
        var contents = Contents()
        for name in names.sorted() where name.hasSuffix(Self.suffix) {
            do {
                let bytes = try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
                contents.blocks.append(try MessagePackDecoder().decode(FoundBlock.self, from: [UInt8](bytes)))
            } catch {
                contents.damaged.append("\(path)/\(name): \(error)")
            }
        }
        contents.blocks.sort { $0.foundAtMilliseconds < $1.foundAtMilliseconds }
        return contents
    }

    private func file(_ hash: String) -> String { "\(path)/\(hash)\(Self.suffix)" }

    private func forceFolder() throws(Failure) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failure("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Self.failure("force to the disk", path) }
    }

    private static func writeForced(_ bytes: [UInt8], to path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure("force to the disk", path) }
    }

    private static func failure(_ verb: String, _ path: String) -> Failure {
        let code = errno
        let remedy =
            switch code {
            case ENOSPC, EDQUOT: "free some space there"
            case EROFS, EACCES, EPERM: "let this process write there, or name another folder with --spool"
            default: "see the folder, or name another with --spool"
            }
        return Failure(description: "cannot \(verb) \(path): \(String(cString: strerror(code))); \(remedy)")
    }
}
