internal import Foundation
internal import Glibc

/// Holds many Stratum connections to one server from one thread and measures, for each new tip, when the first and the last of them
/// were told. One loop that does little with a line, so that it measures the server more than itself.
@main
enum Main {
    static func main() {
        do {
            let load = try Load(try Options(CommandLine.arguments))
            try load.connectAll()
            try load.measure()
        } catch {
            FileHandle.standardError.write(Data("stratum-load: \(error)\n".utf8))
            exit(1)
        }
    }
}
