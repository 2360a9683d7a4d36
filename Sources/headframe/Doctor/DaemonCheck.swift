internal import CoinDaemon

/// Looks at each coin daemon of the jobmanagers.
struct DaemonCheck {
    let settings: OperatorSettings

    func findings() async throws -> [Finding] {
        guard let text = try settings.daemons(), !text.isEmpty else {
            return [.ok("coin daemons", "none are named here (JOBMANAGER_DAEMONS)")]
        }
        let endpoints: [DaemonEndpoint]
        do {
            endpoints = try DaemonEndpoint.list(parsing: text)
        } catch {
            return [.fail("coin daemons", error.message, mend: "correct JOBMANAGER_DAEMONS")]
        }
        return try await withHTTPClient { http in
            await withTaskGroup(of: (Int, Finding).self) { group in
                for (index, endpoint) in endpoints.enumerated() {
                    group.addTask(name: "daemon \(endpoint)") {
                        (index, await finding(CoinDaemonClient(endpoint, http: http)))
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
    }

    private func finding(_ client: CoinDaemonClient) async -> Finding {
        let subject = "coin daemon \(client.endpoint)"
        do throws(CoinDaemonError) {
            let chain = try await client.blockchainInfo()
            let network = try await client.networkInfo()
            return Self.finding(subject, chain, network)
        } catch {
            return .fail(subject, error.message, mend: "start it, or correct its address in JOBMANAGER_DAEMONS")
        }
    }

    static func finding(_ subject: String, _ chain: BlockchainInfo, _ network: NetworkInfo) -> Finding {
        let words =
            "\(network.subversion) on \(chain.chain) at height \(chain.blocks), \(network.connections) peers"
        if chain.initialBlockDownload {
            return .warn(
                subject, words + "; it still catches up with its chain and gives no template",
                mend: "wait; on a private chain, generate a block")
        }
        if network.connections == 0 {
            return .warn(
                subject, words + "; without a peer it gives no template",
                mend: "connect it to another node (addnode), and check its firewall")
        }
        return .ok(subject, words)
    }
}
