internal import Glibc

/// What one connection has received so far.
struct Connection {
    var hasJob = false
    var previousHash: String?
    private var line: [UInt8] = []

    /// Reads what there is.
    ///
    /// - Returns: The jobs in it, and whether the connection is still open.
    mutating func read(_ descriptor: Int32) -> (jobs: [Job], isOpen: Bool) {
        var jobs: [Job] = []
        let isOpen = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16384) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0 { return errno == EAGAIN }
                if count == 0 { return false }
                for byte in buffer[..<count] {
                    if byte == UInt8(ascii: "\n") {
                        if let job = Job(line: line) { jobs.append(job) }
                        line.removeAll(keepingCapacity: true)
                    } else {
                        line.append(byte)
                    }
                }
            }
        }
        return (jobs, isOpen)
    }
}

/// A job, of which no more is read than tells a new tip from a refreshed template.
struct Job {
    let previousHash: String
    let isClean: Bool

    /// Nil for any other line. Looks for what every server writes rather than reading JSON: two thousand of these come at once.
    init?(line: [UInt8]) {
        // Answers and difficulties are shorter than a job's coinbase.
        guard line.count > 200 else { return nil }
        let text = String(decoding: line, as: UTF8.self)
        guard text.contains("\"mining.notify\""), let start = text.firstRange(of: "\"params\":[")?.upperBound else {
            return nil
        }
        // Nothing, the job's id, a comma, the previous hash, the rest.
        let parts = text[start...].split(separator: "\"", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[3].count == 64 else { return nil }
        previousHash = String(parts[3])
        isClean = parts[4].contains("true]")
    }
}
