public import AsyncHTTPClient
internal import NIOCore

/// Runs `body` with an HTTP client for coin daemons, and shuts that down.
///
/// - Throws: What `body` throws; otherwise what the shutting down throws.
public func withHTTPClient<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
    let http = HTTPClient(configuration: .coinDaemon)
    let result: Result
    do {
        result = try await body(http)
    } catch {
        // The error that was first is the one to be told.
        try? await http.shutdown()
        throw error
    }
    try await http.shutdown()
    return result
}

extension HTTPClient.Configuration {
    /// What an HTTP client for coin daemons needs.
    ///
    /// A refused connection is an answer, not a reason to go on trying until the deadline; kept connections are given up before
    /// the daemon does (`-rpcservertimeout`, 30 seconds); nothing is redirected.
    public static var coinDaemon: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(2)
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        return configuration
    }
}
