internal import ArgumentParser
internal import Glibc
internal import ServiceKit

@main
enum Main {
    static func main() async {
        // A reader that goes away shows as an error of the write, so that the command ends as if it were done.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try await Headframe.asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = CommandFailure(error) else { Headframe.exit(withError: error) }
            if !failure.message.isEmpty { StandardError.write("headframe: \(failure.message)\n") }
            exit(failure.status.rawValue)
        }
    }
}
