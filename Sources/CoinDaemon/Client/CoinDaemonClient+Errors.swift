internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Every error of the client says what was tried, on which daemon, and what to do about it.
extension CoinDaemonClient {
    func failure(_ method: String, _ limit: Duration, _ error: any Error) -> CoinDaemonError {
        switch error {
        case _ where error is CancellationError || error as? HTTPClientError == .cancelled:
            CoinDaemonError(.cancelled, "\(attempt(method)) was cancelled", cause: error)
        case is DeadlineExceeded:
            CoinDaemonError(
                .timeout,
                "\(attempt(method)) gave no complete answer within \(limit); see whether the daemon hangs or is overloaded",
                cause: error)
        case is NIOTooManyBytesError:
            CoinDaemonError(
                .tooLarge,
                "\(attempt(method)) gave more than \(configuration.maximumResponseBytes) bytes; see what answers there",
                cause: error)
        default:
            CoinDaemonError(
                .unreachable,
                "\(attempt(method)) failed: \(Self.reason(error)); start the daemon, or correct the URL in the daemon list",
                cause: error)
        }
    }

    func refused(_ method: String, _ status: HTTPResponseStatus) -> CoinDaemonError {
        let remedy =
            switch (status, endpoint.authentication) {
            case (.forbidden, _): "allow this host with -rpcallowip of the daemon"
            case (_, .cookie(let path)):
                "the cookie in \(path) is not that of this daemon; correct the path in the daemon list"
            case (_, .password(let user, _)): "correct the password of the user '\(user)' in the daemon list"
            case (_, .none): "name a cookie file or a user and password in the daemon list"
            }
        return CoinDaemonError(.unauthorized, "\(attempt(method)) was refused (HTTP \(status.code)); \(remedy)")
    }

    func busy(_ method: String) -> CoinDaemonError {
        CoinDaemonError(
            .busy, "\(attempt(method)) was refused: too many requests wait there; raise -rpcworkqueue and -rpcthreads")
    }

    func rpcError(_ method: String, _ error: RPCFailure) -> CoinDaemonError {
        let (code, remedy): (CoinDaemonError.Code, String) =
            switch error.code {
            case -28: (.warmingUp, "it is starting; wait")
            case -10:
                (.initialSync, "wait until it has caught up with its chain (an old private chain needs -maxtipage)")
            case -9: (.noPeers, "connect it to another node (-connect, -addnode)")
            case -32601: (.rpc(error.code), "the daemon does not know this method; see its version")
            default: (.rpc(error.code), "see the daemon's debug.log")
            }
        let text = error.message.prefix(300)
        return CoinDaemonError(code, "\(attempt(method)) was answered with error \(error.code), \(text); \(remedy)")
    }

    func garbage(
        _ method: String, _ status: HTTPResponseStatus, _ body: ByteBuffer, _ error: any Error
    ) -> CoinDaemonError {
        let problem = (error as? DecodingError)?.inOneLine ?? "\(error)"
        let start = String(decoding: body.readableBytesView.prefix(80), as: UTF8.self).debugDescription
        return CoinDaemonError(
            .garbage,
            "\(attempt(method)) gave an answer that cannot be used (HTTP \(status.code), \(body.readableBytes) bytes): "
                + "\(problem); it begins \(start); see what answers there",
            cause: error)
    }

    private func attempt(_ method: String) -> String {
        "\(method) on the coin daemon at \(endpoint)"
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { "\($0.error)" } ?? "the name '\(error.host)' cannot be resolved"
        case let error as HTTPClientError: error.shortDescription
        default: "\(error)"
        }
    }
}
