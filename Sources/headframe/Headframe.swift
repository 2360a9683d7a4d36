internal import ArgumentParser
internal import ServiceKit

/// The operator's command line.
struct Headframe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headframe",
        abstract: "Look into a running mesh and call what is in it.",
        discussion: """
            Where the mesh is: the flags win over the environment (HEADFRAME_REDIS, HEADFRAME_NAMESPACE, ...), the \
            environment wins over the env file. That is --env-file, or what HEADFRAME_ENV_FILE names, or the first \
            .headframe/env in this folder or one above it, which is what “make up” writes. The command that “make up” \
            installs sets HEADFRAME_ENV_FILE to the file of its own checkout where it is not set, so that it speaks to \
            that mesh from any folder.

            Data goes to standard output, as JSON where a program may want to read it; everything else goes to standard \
            error.

            Begin with:
              headframe services
              headframe inspect jobmanager
              headframe call jobmanager status
              headframe subscribe jobmanager jobHeaders
              headframe pool workers
              headframe queue list
              headframe doctor

            EXIT CODES
              0   it worked
              1   the other side answered with an error; doctor: something is broken
              2   nobody answered: no instance, no Redis, no connection, or too late
              64  the command line is wrong
              70  a defect of this program
              78  a setting in the environment or the env file is wrong
            """,
        version: "headframe \(HeadframeVersion.current)",
        subcommands: [
            ServicesCommand.self, InspectCommand.self, CallCommand.self, SubscribeCommand.self, PingCommand.self,
            PoolCommand.self, QueueCommand.self, MinerCommand.self, DoctorCommand.self,
        ])
}
