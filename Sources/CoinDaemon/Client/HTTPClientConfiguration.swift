public import AsyncHTTPClient
internal import NIOCore

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
