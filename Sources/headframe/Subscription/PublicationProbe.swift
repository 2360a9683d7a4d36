internal import Mesh
internal import MessagePack

/// Finds out whether a method is a publication at all: a merged subscription to anything else would wait for ever.
enum PublicationProbe {
    /// Asks one ready instance. A publication that has nothing to say yet passes.
    ///
    /// - Throws: ``CommandFailure`` that says what the method is and how to read it.
    static func check(_ publication: String, of service: String, _ session: MeshSession) async throws {
        do {
            let known = try await Inspection.of(.service(service), named: service, timeout: .seconds(5), session)
            guard known.methods.contains(where: { $0.name == publication }) else {
                throw unknown(publication, of: service, among: known.methods.map(\.name))
            }
            let request = CallRequest(.service(service), publication, arguments: Payload(try JSONArgument.payload([])))
            let first = try await firstAnswer(
                of: request, at: service, timeout: .seconds(3), session)
            guard let first else { return }
            guard SubscriptionStatistics.Item(published: first) == nil else { return }
            throw CommandFailure(
                .refused,
                "“\(publication)” of \(service) is no publication, so its instances cannot be merged into one stream; read one "
                    + "of them with --instance NAME, or call it with headframe call \(service) \(publication)")
        } catch let error as MeshError {
            // Nobody answers now, or nothing is published yet: the subscription itself waits for that.
            guard [.remote, .badArguments, .unknownMethod].contains(error.code) else { return }
            throw CommandFailure(
                .refused,
                "“\(publication)” of \(service) cannot be subscribed to without arguments (\(error.message)), so it is no "
                    + "publication; call it with headframe call \(service) \(publication)")
        }
    }

    private static func unknown(_ name: String, of service: String, among known: [String]) -> CommandFailure {
        let methods = known.filter { !$0.hasPrefix("_") }.sorted().joined(separator: ", ")
        return CommandFailure(.refused, "\(service) has no “\(name)”; it has \(methods)")
    }
}
