internal import Glibc
internal import Logging

/// How many files the process may have open, and how many of them are left for miners. A value.
struct OpenFiles: Sendable, Hashable {
    /// The limit that is in force (`RLIMIT_NOFILE`).
    var limit: Int

    /// What is kept for everything but miners: Redis, the mesh, health, found blocks, the loops' own, and connections that are being turned
    /// away. Without it a server that is full could write no block to the disk.
    var reserve: Int { max(128, limit / 16) }

    /// How many connections there may be where so many are wanted; 1 at least.
    func connections(wanted: Int) -> Int { max(1, min(wanted, limit - reserve)) }

    /// Raises the limit as far as the system lets it.
    ///
    /// - Returns: What is in force then; nil where the system does not say.
    static func raise() -> OpenFiles? {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limits = rlimit()
        guard getrlimit(resource, &limits) == 0 else { return nil }
        var raised = limits
        raised.rlim_cur = limits.rlim_max
        let isRaised = setrlimit(resource, &raised) == 0
        return OpenFiles(limit: Int(clamping: isRaised ? raised.rlim_cur : limits.rlim_cur))
    }

    /// Raises the limit, and says how many connections fit into it where so many are wanted.
    static func fit(_ wanted: Int, logger: Logger) -> Int {
        guard let files = raise() else {
            logger.warning("the system does not say how many files may be open; hoping for \(wanted) connections")
            return wanted
        }
        let connections = files.connections(wanted: wanted)
        if connections < wanted {
            logger.warning(
                "\(connections) connections are taken instead of \(wanted) (--connections): \(files.limit) files may be open, of which \(files.reserve) are kept for everything else; raise the hard limit (ulimit -Hn, LimitNOFILE), or lower --connections"
            )
        }
        return connections
    }
}
