internal import ServiceKit

/// What is said beside the data, on standard error.
enum Diagnostics {
    static func note(_ text: String) { StandardError.write("headframe: \(text)\n") }
}
