internal import Foundation
internal import Mesh

/// What a reporter offers in the mesh.
struct ReporterService: Sendable {
    /// The service with its methods.
    let definition: ServiceDefinition

    init(_ reporter: ShareReporter) {
        var service = ServiceDefinition(name: ReporterConfiguration.service)
        service.method("status", "What this reporter counts: its sources, how far each has come, what went wrong.") {
            _ in
            ReporterStatus(reporter)
        }
        definition = service
    }
}

/// What the method `status` answers.
struct ReporterStatus: Codable, Sendable, Equatable {
    /// A source of shares.
    struct Source: Codable, Sendable, Equatable {
        /// The store, by its UUID.
        var source: String
        /// The instance that serves it.
        var server: String
        /// Whether this reporter follows it.
        var isFollowed: Bool
        /// Where its cursor stands; nil for those that others follow, and before it is known.
        var cursor: UInt64?
        /// How far it could be read when the server was asked last.
        var acknowledgedThrough: UInt64
        /// Shares that are not counted yet, as the server says.
        var waiting: Int
        /// Shares that were read and are not counted yet.
        var pending: Int
        /// How often it was begun again at a cursor that had been moved.
        var rewinds: Int
        /// What went wrong last and has not gone right since.
        var problem: String?
    }

    /// Every source that is known.
    var sources: [Source]
    /// What was counted since the start.
    var totals: FollowingBoard.Totals

    init(_ reporter: ShareReporter) {
        let standings = reporter.board.standings
        sources = reporter.sources.map { source, report in
            let standing = standings[source]
            return Source(
                source: source.name, server: source.instance, isFollowed: standing != nil, cursor: standing?.cursor,
                acknowledgedThrough: report.acknowledgedThrough, waiting: report.depth, pending: standing?.pending ?? 0,
                rewinds: standing?.rewinds ?? 0, problem: standing?.problem)
        }.sorted { ($0.server, $0.source) < ($1.server, $1.source) }
        totals = reporter.board.totals
    }
}
