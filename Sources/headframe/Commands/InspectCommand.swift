internal import ArgumentParser
internal import Mesh

/// Shows what a service offers.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the methods of a service, with their arguments and documentation.",
        usage: """
            headframe inspect SERVICE [--instance NAME]
            headframe inspect --endpoint tcp://HOST:PORT
            """,
        discussion: """
            Asks by ZeroRPC's own introspection, so that it works with every ZeroRPC server. An argument that may be left \
            out is shown with its default: depth=null.
            """)

    @Argument(help: ArgumentHelp("The service.", valueName: "service"))
    var service: String?

    @Option(help: ArgumentHelp("Ask this instance of the service.", valueName: "name"))
    var instance: String?

    @Option(help: ArgumentHelp("Ask whoever listens there, in the registry or not.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("How long an answer may take.", valueName: "seconds"))
    var timeout: Double = 10

    @Flag(help: "Print JSON: {name, methods: [{name, arguments, documentation}]}.")
    var json = false

    @OptionGroup var mesh: MeshOptions

    func validate() throws {
        guard (service == nil) != (endpoint == nil) else { throw ValidationError("Give SERVICE or --endpoint.") }
        guard endpoint == nil || instance == nil else { throw ValidationError("--instance belongs to a SERVICE.") }
        try validateTimeout(timeout)
    }

    func run() async throws {
        let settings = try mesh.start()
        let target =
            try endpoint.map { try CallTarget(endpoint: $0) } ?? CallTarget(service: service ?? "", instance: instance)
        try await withMesh(settings, usesRegistry: target.usesRegistry) { session in
            try await target.check(session)
            do {
                let inspection = try await Inspection.of(
                    target.destination, named: target.description, timeout: .seconds(timeout), session)
                try show(inspection)
            } catch let error as MeshError {
                throw CommandFailure(error, calling: target)
            }
        }
    }

    private func show(_ inspection: Inspection) throws {
        if json { return try StandardOutput.line(JSONText.forReader(inspection.json)) }
        let style = Style.standardOutput
        try StandardOutput.line("\(style(.bold, inspection.name)): \(counted(inspection.methods.count, "method"))")
        for method in inspection.methods {
            let arguments = method.arguments.joined(separator: ", ")
            try StandardOutput.line("\n  \(style(.bold, method.name))(\(arguments))")
            for line in method.documentation.split(separator: "\n") { try StandardOutput.line("      \(line)") }
        }
    }
}
