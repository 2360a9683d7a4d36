public import Mining

/// The daemon's methods that the pool needs.
extension CoinDaemonClient {
    /// A block to mine; with `longPollID`, as soon as there is another one than the id stands for.
    ///
    /// A long poll answers at a new block at once, and, once it is a minute old, when the memory pool has changed; on an idle chain it
    /// may not answer for hours. Its thread in the daemon is taken until then, even when the caller went away: give it a long
    /// deadline, and the daemon more threads (`-rpcthreads`) than there are callers.
    public func blockTemplate(
        longPollID: String? = nil, deadline: Duration? = nil
    ) async throws(CoinDaemonError) -> BlockTemplate {
        var request: [String: RPCValue] = ["rules": ["mweb", "segwit"]]
        if let longPollID { request["longpollid"] = .string(longPollID) }
        return try await call("getblocktemplate", [.object(request)], deadline: deadline)
    }

    /// The state of the daemon's chain.
    public func blockchainInfo() async throws(CoinDaemonError) -> BlockchainInfo {
        try await call("getblockchaininfo")
    }

    /// The state of the daemon's network.
    public func networkInfo() async throws(CoinDaemonError) -> NetworkInfo {
        try await call("getnetworkinfo")
    }

    /// The header of a block that the daemon knows, on the best chain or not.
    public func blockHeader(_ hash: String) async throws(CoinDaemonError) -> BlockHeader {
        try await call("getblockheader", [.string(hash)])
    }

    /// The hash of the block at a height of the best chain.
    public func blockHash(at height: Int) async throws(CoinDaemonError) -> String {
        try await call("getblockhash", [.integer(height)])
    }

    /// The hash of the newest block of the best chain.
    public func bestBlockHash() async throws(CoinDaemonError) -> String {
        try await call("getbestblockhash")
    }

    /// The height of the newest block of the best chain.
    public func blockCount() async throws(CoinDaemonError) -> Int {
        try await call("getblockcount")
    }

    /// The ends of all branches that the daemon knows, the best chain among them.
    public func chainTips(deadline: Duration? = nil) async throws(CoinDaemonError) -> [ChainTip] {
        try await call("getchaintips", deadline: deadline)
    }

    /// Hands in a mined block, as hexadecimal bytes.
    ///
    /// - Returns: nil when it was accepted, the daemon's reason otherwise (`duplicate`, `inconclusive`, `high-hash` and others of BIP 22).
    public func submitBlock(_ block: String, deadline: Duration? = nil) async throws(CoinDaemonError) -> String? {
        try await call("submitblock", [.string(block)], deadline: deadline)
    }
}
