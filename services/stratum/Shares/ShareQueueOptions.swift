internal import DurableQueue

/// Where the accepted shares of an instance lie, and how many of them.
struct ShareQueueOptions: Sendable {
    /// The instance, whose folder it is.
    var instance: String
    /// How the queue behaves.
    var configuration: QueueConfiguration
    /// The bounds of what it has on the disk.
    var log: SegmentLogOptions
    /// The folder of all instances' queues.
    var root: String
    /// What the disk is; another one in tests.
    var fileSystem: any FileSystem = PosixFileSystem()
    /// The most shares that wait to be taken by the queue; further ones are refused. A second's work of many hashing threads.
    var pendingLimit = 16_384
    /// How often folders are looked for that nobody holds.
    var adoptEvery: Duration = .seconds(30)

    /// The options of an instance.
    ///
    /// - Parameters:
    ///   - spool: the folder of everything that a stratum server keeps.
    ///   - entries: the most shares that may wait to be counted.
    ///   - diskBytes: the most that they may take on the disk, with those that were counted within the last quarter of an hour.
    init(instance: String, spool: String, entries: Int, diskBytes: Int) {
        self.instance = instance
        root = "\(spool)/shares"
        configuration = QueueConfiguration(name: ShareQueue.name)
        configuration.maximumEntries = entries
        // The entries bound it; a share has some 100 bytes.
        configuration.maximumBytes = .max
        configuration.payloadBytes = 4096
        configuration.keepsCompletedPayloads = true
        log = SegmentLogOptions()
        log.maximumDiskBytes = diskBytes
    }

    /// The folders of the instances.
    var folders: QueueFolders { QueueFolders(root: root, options: log, fileSystem: fileSystem) }
}
