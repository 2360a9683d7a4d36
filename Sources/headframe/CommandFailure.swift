internal import Mesh
internal import MeshRedis
internal import Redis
internal import ServiceKit

/// Why a command ends without having done what it was asked, and what it exits with.
struct CommandFailure: Error, CustomStringConvertible {
    /// The exit codes; `headframe --help` lists them.
    enum Status: Int32 {
        case success = 0
        case refused = 1
        case unavailable = 2
        case usage = 64
        case defect = 70
        case configuration = 78
    }

    let status: Status
    /// What was tried, on what, and what to do about it; nothing where it has been said already.
    let message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}

extension CommandFailure {
    /// The failure that an error of the libraries means; nil for one of the argument parser.
    init?(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        // The reader has what it wanted.
        case is OutputClosed: self.init(.success, "")
        case let error as MeshError: self.init(error)
        case let error as RedisRegistryError:
            self.init(.unavailable, error.description + Self.advice(on: error.cause))
        case let error as RedisError: self.init(.unavailable, error.message + Self.advice(on: error))
        case let error as ServiceKitError:
            self.init(error.code == .usage ? .usage : .configuration, error.description)
        default: return nil
        }
    }

    /// What to do about a Redis that is away; nothing for one that answers.
    private static func advice(on error: RedisError?) -> String {
        guard let error, [.notConnected, .timeout, .mayHaveBeenApplied].contains(error.code) else { return "" }
        return "; is Redis running there? Start it (make up), or say where it is (--redis, HEADFRAME_REDIS)"
    }

    init(_ error: MeshError) {
        switch error.code {
        case .remote, .unknownMethod, .badArguments:
            self.init(.refused, error.remoteName.map { "\($0): \(error.message)" } ?? error.description)
        case .badReply: self.init(.refused, error.description)
        case .unavailable, .deadlineExceeded, .connectionLost, .overloaded, .draining, .wrongEpoch, .peerLost:
            self.init(.unavailable, error.description)
        case .cancelled, .shutdown: self.init(.defect, error.description)
        }
    }
}
