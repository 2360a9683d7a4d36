internal import ServiceKit

/// What a member of the chaos run is told.
struct MemberConfiguration: ServiceConfiguration {
    static let service = "chaos-member"
    static let summary = "a member of a replicated queue whose effects are counted in Redis; for the chaos run alone"
    static let settings = [
        Setting<Self>("folder", \.folder, .text("FOLDER", maximumBytes: 4096), "Folder of the queue's log")
    ]

    var common = ServiceOptions(service: service)
    var folder = "queue"
}
