internal import Foundation
internal import Glibc

/// The connections and the loop that reads them.
final class Load {
    private let options: Options
    /// What is polled for, and the connections at the same places.
    private var polled: [pollfd] = []
    private var connections: [Connection] = []
    private var ready = 0
    private var dropped = 0
    /// When each connection was told of the tip that is measured, in seconds of the monotonic clock.
    private var times: [Double] = []
    private var tip: String?

    /// Connections that come from one address of 127.0.0.0/8: a server may bound how many it takes from one.
    private static let connectionsPerAddress = 50

    init(_ options: Options) throws {
        self.options = options
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur > UInt(options.connections + 50) else {
            throw Failure("only \(limit.rlim_cur) files may be open; raise it (ulimit -n)")
        }
    }

    /// Connects all, subscribes and authorizes them, and waits until each has a job.
    func connectAll() throws {
        let before = try memory()
        let began = now()
        for number in 0..<options.connections {
            try connect(number)
            // The server's queue of connections that it has not accepted yet has an end.
            if number % 64 == 63 {
                try turn(until: { self.ready >= number - 128 }, within: 30, "connections are accepted")
            }
        }
        try turn(until: { self.ready == self.options.connections }, within: 60, "every connection has a job")
        report("\(ready) connections have a job after \(milliseconds(now() - began))")
        if let before, let after = try memory() {
            let each = Double(after - before) / Double(options.connections)
            report(
                "memory of the server: \(before) KiB before, \(after) KiB with them: \(String(format: "%.1f", each)) KiB a connection"
            )
        }
    }

    /// Measures tip after tip.
    func measure() throws {
        var all: [Double] = []
        var spreads: [Double] = []
        for number in 1...options.tips {
            times = []
            tip = nil
            let asked = try askForTip()
            let patience = options.patienceSeconds
            try turn(
                until: { self.times.count >= self.connections.count && !self.times.isEmpty }, within: patience,
                "every connection is told of a new tip (\(times.count) of \(connections.count) were)")
            let (first, last) = (times.min() ?? 0, times.max() ?? 0)
            let delays = times.map { $0 - first }.sorted()
            all += delays
            spreads.append(last - first)
            var line = "tip \(number): after the first one p50 \(milliseconds(quantile(delays, 0.5))), "
            line += "p99 \(milliseconds(quantile(delays, 0.99))), last \(milliseconds(last - first))"
            if let asked { line += "; first \(milliseconds(first - asked)) after the block was asked for" }
            report(line)
        }
        report("connections dropped: \(dropped)")
        let sorted = all.sorted()
        print(
            #"{"benchmark":"stratum-load","connections":\#(options.connections),"tips":\#(options.tips),"dropped":\#(dropped),"#
                + #""p50Milliseconds":\#(plain(quantile(sorted, 0.5))),"p99Milliseconds":\#(plain(quantile(sorted, 0.99))),"#
                + #""lastMilliseconds":\#(plain(spreads.max() ?? 0))}"#)
        if dropped > 0 { throw Failure("\(dropped) connections were dropped") }
    }

    // MARK: - Connections

    private func connect(_ number: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("socket") }
        // So that the port is chosen at the connect, when the destination is known.
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &yes, 4)
        if options.host.hasPrefix("127.") {
            let block = number / Self.connectionsPerAddress
            var source = address("127.1.\(block / 250).\(block % 250 + 1)", port: 0)
            guard withSocketAddress(&source, { bind(descriptor, $0, $1) }) == 0 else { throw failure("bind") }
        }
        var target = address(options.host, port: options.port)
        guard withSocketAddress(&target, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw failure("connect to \(options.host):\(options.port)")
        }
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
        fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let lines =
            #"{"id":1,"method":"mining.subscribe","params":["stratum-load"]}"# + "\n"
            + #"{"id":2,"method":"mining.authorize","params":["load.\#(number)","d=1000000000"]}"# + "\n"
        guard write(descriptor, lines, lines.utf8.count) == lines.utf8.count else { throw failure("write") }
        polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        connections.append(Connection())
        try turn(until: { true }, within: 1, "")
    }

    /// Reads what comes until a condition holds.
    private func turn(until isDone: () -> Bool, within seconds: Double, _ what: @autoclosure () -> String) throws {
        let end = now() + seconds
        repeat {
            if poll(&polled, nfds_t(polled.count), isDone() ? 0 : 10) > 0 {
                // From the end on, because one that is over is taken out.
                for place in polled.indices.reversed() where polled[place].revents != 0 { try read(place) }
            }
            if isDone() { return }
        } while now() < end
        throw Failure("within \(seconds) s it did not happen that \(what())")
    }

    private func read(_ place: Int) throws {
        let came = now()
        let (jobs, isOpen) = connections[place].read(polled[place].fd)
        for job in jobs {
            if !connections[place].hasJob {
                connections[place].hasJob = true
                ready += 1
            } else if job.isClean, job.previousHash != connections[place].previousHash {
                // A tip that comes before the last one has reached all does not count.
                if tip == nil { tip = job.previousHash }
                if tip == job.previousHash { times.append(came) }
            }
            connections[place].previousHash = job.previousHash
        }
        guard !isOpen else { return }
        dropped += 1
        close(polled[place].fd)
        let hadJob = connections[place].hasJob
        polled.remove(at: place)
        connections.remove(at: place)
        if !hadJob { throw Failure("the server closed a connection before it had a job: see its log") }
    }

    // MARK: - Around

    private func askForTip() throws -> Double? {
        guard let command = options.tipCommand else { return nil }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        process.standardOutput = FileHandle.nullDevice
        let asked = now()
        try process.run()
        return asked
    }

    /// The resident memory of the server in KiB.
    private func memory() throws -> Int? {
        guard let pid = options.serverPID else { return nil }
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        return status.firstMatch(of: /VmRSS:\s*([0-9]+) kB/).flatMap { Int($0.1) }
    }

    private func report(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
    private func failure(_ what: String) -> Failure { Failure("\(what): \(String(cString: strerror(errno)))") }
    private func milliseconds(_ seconds: Double) -> String { plain(seconds) + " ms" }
    private func plain(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1000) }

    private func quantile(_ sorted: [Double], _ part: Double) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }
}

/// Seconds of the monotonic clock.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func address(_ host: String, port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    return address
}

private func withSocketAddress<Result>(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
