internal import DurableQueue

/// Where the accepted shares of an instance lie, and how many of them.
struct ShareQueueOptions: Sendable {
    /// The instance, whose folder it is.
    var instance: String
    /// How the queue behaves.
    var configuration: QueueConfiguration
    /// How it is held by other servers, where it is.
    var replication = ReplicationConfiguration()
    /// The bounds of what it has on the disk.
    var log: SegmentLogOptions
    /// The folder of all instances' queues.
    var root: String
    /// What the disk is; another one in tests.
    var fileSystem: any FileSystem = PosixFileSystem()
    /// The most shares that are neither safe nor refused; further ones are refused at once. A second's work of many hashing threads.
    var pendingLimit = 16_384
    /// How often folders are looked for that nobody holds.
    var adoptEvery: Duration = .seconds(30)
    /// How long nobody has to have held a folder that other servers have a part in, before it is adopted.
    var abandonedAfter: Duration = .seconds(600)
    /// How long a folder is tried that is locked: whoever looks whether it is free locks it for a moment.
    var lockWithin: Duration = .milliseconds(300)

    /// The options of an instance.
    ///
    /// - Parameters:
    ///   - spool: the folder of everything that a stratum server keeps.
    ///   - entries: the most shares that may wait to be counted.
    ///   - diskBytes: the most that they may take on the disk, with those that were counted within the last quarter of an hour.
    ///   - replicas: how many other servers have to hold a share before its miner is answered.
    init(instance: String, spool: String, entries: Int, diskBytes: Int, replicas: Int = 0) {
        self.instance = instance
        root = "\(spool)/shares"
        configuration = QueueConfiguration(name: ShareQueue.name)
        configuration.maximumEntries = entries
        // The entries bound it; a share has some 100 bytes.
        configuration.maximumBytes = .max
        configuration.payloadBytes = 4096
        configuration.keepsCompletedPayloads = true
        configuration.forgetting = .onceConfirmed
        // A share that was refused must not be counted behind its miner's back.
        configuration.withdrawsUnreplicated = true
        // A miner has its answer within 2 s, the taking back included.
        configuration.acknowledgeWithin = .milliseconds(1400)
        configuration.withdrawWithin = .milliseconds(400)
        if replicas > 0 {
            configuration.mode = .replicated(min: replicas)
            // What counts a share takes it by the cursor of its origin: two owners that serve one origin cannot have it counted twice.
            replication.partition = .mayRunTwiceFenced
        }
        log = SegmentLogOptions()
        log.maximumDiskBytes = diskBytes
    }

    /// Whether other servers hold what is in the queue.
    var isReplicated: Bool { configuration.mode != .queueOnly }

    /// The folders of the instances.
    var folders: QueueFolders { QueueFolders(root: root, options: log, fileSystem: fileSystem) }
}
