internal import ServiceKit

/// What the producer of the chaos run is told.
struct ProducerConfiguration: ServiceConfiguration {
    static let service = "chaos-producer"
    static let summary =
        "gives entries to the members of a queue and keeps what was acknowledged; for the chaos run alone"
    static let settings = [
        Setting<Self>(
            "record", \.record, .text("FILE", maximumBytes: 4096), "File that every acknowledged id is added to"),
        Setting<Self>("in-flight", \.inFlight, .integer(1...10_000), "Entries given at once"),
    ]

    var common = ServiceOptions(service: service)
    var record = "acknowledged"
    var inFlight = 20
}
