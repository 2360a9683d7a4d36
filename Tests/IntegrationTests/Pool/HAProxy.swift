internal import Foundation
internal import TestSupport

/// Debian's HAProxy in front of a stratum server, speaking the PROXY protocol v2 to it; ended with its last reference.
struct HAProxy: Sendable {
    /// Where miners connect on 127.0.0.1.
    let port: Int
    private let process: ChildProcess
    private let folder: TemporaryFolder

    var url: String { "stratum+tcp://127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - backend: The port of the stratum server on 127.0.0.1.
    ///   - source: The address that the server sees it come from.
    init(to backend: Int, from source: String) throws {
        let program = "/usr/sbin/haproxy"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw TestSupportError("there is no \(program): scripts/install-packages test installs it")
        }
        port = try FreePort.pick()
        folder = try TemporaryFolder("haproxy")
        let file = folder.path + "/haproxy.cfg"
        try """
        defaults
            mode tcp
            timeout connect 5s
            timeout client 120s
            timeout server 120s
        frontend miners
            bind 127.0.0.1:\(port)
            unique-id-format %{+X}o%ci:%cp_%Ts_%rt
            default_backend stratum
        backend stratum
            source \(source)
            server stratum-1 127.0.0.1:\(backend) send-proxy-v2 proxy-v2-options unique-id

        """.write(toFile: file, atomically: true, encoding: .utf8)
        // Miners try again until it listens.
        process = try ChildProcess.start(program, ["-db", "-f", file])
    }
}
