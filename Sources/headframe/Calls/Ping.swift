internal import Mesh
internal import MessagePack

/// Asks a peer's handlers for a sign of life.
struct Ping: Sendable {
    let destination: Destination
    /// How long one answer may take.
    let timeout: Duration

    /// How long one round trip took. A peer that is no mesh peer is asked by ZeroRPC's own ping.
    ///
    /// - Throws: `MeshError`.
    func roundTrip(_ session: MeshSession) async throws -> Duration {
        do {
            return try await timed("_mesh_ping", session)
        } catch let error as MeshError where [.unknownMethod, .remote].contains(error.code) {
            return try await timed("_zerorpc_ping", session)
        }
    }

    private func timed(_ method: String, _ session: MeshSession) async throws -> Duration {
        let request = CallRequest(
            destination, method, arguments: Payload(try JSONArgument.payload([])),
            options: CallOptions(timeout: timeout, isIdempotent: true))
        let start = ContinuousClock.now
        _ = try await session.node.call(request)
        return ContinuousClock.now - start
    }
}
