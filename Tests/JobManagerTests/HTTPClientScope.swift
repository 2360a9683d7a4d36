internal import AsyncHTTPClient
internal import CoinDaemon

/// An HTTP client for the length of `body`.
func withHTTPClient<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
    let http = HTTPClient(configuration: .coinDaemon)
    do {
        let result = try await body(http)
        try await http.shutdown()
        return result
    } catch {
        try await http.shutdown()
        throw error
    }
}
