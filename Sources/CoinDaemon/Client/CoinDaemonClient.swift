public import AsyncHTTPClient
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// A JSON-RPC client of one coin daemon (litecoind, bitcoind and their kin) over HTTP.
///
/// Every call has a deadline and a limit for its answer's size. A kept connection that the daemon closed meanwhile is not an
/// error: the call is sent once more on a new one. All methods used here bear being sent twice.
public final class CoinDaemonClient: Sendable {
    /// The limits of a client.
    public struct Configuration: Sendable, Hashable {
        /// How long a call may take that names no deadline of its own.
        public var callDeadline: Duration
        /// The most bytes of an answer; a template of a full block is below 9 MB.
        public var maximumResponseBytes: Int

        /// The limits, with their defaults.
        public init(callDeadline: Duration = .seconds(5), maximumResponseBytes: Int = 32 << 20) {
            self.callDeadline = callDeadline
            self.maximumResponseBytes = maximumResponseBytes
        }
    }

    /// The daemon.
    public let endpoint: DaemonEndpoint
    /// The limits.
    public let configuration: Configuration

    private let http: HTTPClient
    private let credentials: CredentialSource

    /// A client that sends through `http`, which several clients share and their owner shuts down.
    public init(_ endpoint: DaemonEndpoint, http: HTTPClient, configuration: Configuration = Configuration()) {
        self.endpoint = endpoint
        self.http = http
        self.configuration = configuration
        credentials = CredentialSource(endpoint)
    }

    /// Calls `method` and decodes its result, off the caller's executor.
    ///
    /// - Parameters:
    ///   - parameters: by position.
    ///   - type: what to decode; an optional type where the method may answer null.
    ///   - deadline: for the whole call; the configuration's without one.
    /// - Throws: `CoinDaemonError`.
    @concurrent
    public func call<Result: Decodable & Sendable>(
        _ method: String, _ parameters: [RPCValue] = [], as type: Result.Type = Result.self, deadline: Duration? = nil
    ) async throws(CoinDaemonError) -> Result {
        let limit = deadline ?? configuration.callDeadline
        do {
            return try await withDeadline(limit) { try await self.callAuthenticated(method, parameters) }
        } catch let error as CoinDaemonError {
            throw error
        } catch {
            throw failure(method, limit, error)
        }
    }

    /// Sends the request, and again with a newly read cookie when the daemon refused the one from before its restart.
    private func callAuthenticated<Result: Decodable & Sendable>(
        _ method: String, _ parameters: [RPCValue]
    ) async throws -> Result {
        do {
            return try await exchange(method, parameters)
        } catch let error as CoinDaemonError where error.code == .unauthorized && credentials.canChange {
            credentials.forget()
            return try await exchange(method, parameters)
        }
    }

    private func exchange<Result: Decodable & Sendable>(
        _ method: String, _ parameters: [RPCValue]
    ) async throws -> Result {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let authorization = try credentials.authorization() {
            request.headers.add(name: "Authorization", value: authorization)
        }
        request.body = .bytes(
            ByteBuffer(bytes: try JSONEncoder().encode(RPCRequest(method: method, params: parameters))))
        let (status, body) = try await send(request)
        return try read(body, status: status, method: method)
    }

    private func send(_ request: HTTPClientRequest) async throws -> (HTTPResponseStatus, ByteBuffer) {
        do {
            return try await sendOnce(request)
        } catch let error as HTTPClientError where error == .remoteConnectionClosed {
            return try await sendOnce(request)
        }
    }

    private func sendOnce(_ request: HTTPClientRequest) async throws -> (HTTPResponseStatus, ByteBuffer) {
        // The caller's deadline is the one that ends the call; this one only has to be there, far away.
        let response = try await http.execute(request, timeout: .hours(24))
        return (response.status, try await response.body.collect(upTo: configuration.maximumResponseBytes))
    }

    private func read<Result: Decodable>(
        _ body: ByteBuffer, status: HTTPResponseStatus, method: String
    ) throws(CoinDaemonError) -> Result {
        switch status {
        case .unauthorized, .forbidden: throw refused(method, status)
        case .serviceUnavailable: throw busy(method)
        default: break
        }
        do {
            switch try JSONDecoder().decode(RPCResponse<Result>.self, from: Data(body.readableBytesView)) {
            case .result(let result): return result
            case .failure(let error): throw rpcError(method, error)
            }
        } catch let error as CoinDaemonError {
            throw error
        } catch {
            throw garbage(method, status, body, error)
        }
    }
}
