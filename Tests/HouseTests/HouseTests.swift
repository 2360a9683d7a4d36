internal import Testing

/// Holds the project's own tree to its architecture and to the house rules that a program can check.
///
/// Each finding names the place and what to do. The rules are functions of texts in `Rules/`; `RuleTests` shows that each of
/// them can fail.
@Suite struct HouseTests {
    /// Read once for all tests.
    private static let shared = Result { try Checkout() }

    let checkout: Checkout

    init() throws { checkout = try Self.shared.get() }

    private func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
        for finding in findings { Issue.record("\(finding)", sourceLocation: sourceLocation) }
    }

    @Test func theTreeIsFound() {
        #expect(checkout["Package.swift"] != nil)
        #expect(checkout.swiftFiles.count > 100)
    }

    @Test func importsAreDeclaredAndCarryAnAccessLevel() async throws {
        let manifest = try await checkout.manifest()
        for file in checkout.swiftFiles {
            guard let target = manifest.target(of: file) else { continue }
            expectNone(ImportRules.findings(in: file, of: target))
        }
    }

    @Test func targetsDependDownward() async throws {
        expectNone(LevelRules.findings(in: try await checkout.manifest()))
    }

    @Test func executablesBeginInAShortMain() async throws {
        expectNone(CodeRules.mainFiles(of: try await checkout.manifest(), in: checkout.files))
    }

    @Test func codeFollowsTheHouseRules() {
        for file in checkout.swiftFiles { expectNone(CodeRules.findings(in: file)) }
    }

    @Test func textsNameNoMachineAndLeaveNothingUndone() {
        for file in checkout.files { expectNone(TextRules.findings(in: file)) }
    }

    @Test func theArchitectureNamesEveryFolder() throws {
        let document = try #require(checkout["docs/ARCHITECTURE.md"])
        let folders = try ["Sources", "services"].flatMap { parent in
            try checkout.folders(in: parent).map { "\(parent)/\($0)" }
        }
        expectNone(DocumentRules.architecture(document, folders: folders))
    }

    @Test func documentsReferToWhatThereIs() {
        let paths = Set(checkout.files.map(\.path))
        for document in checkout.files where document.path.hasSuffix(".md") {
            expectNone(DocumentRules.references(in: document, to: paths))
        }
    }

    @Test(arguments: ["greeter", "mailer"]) func theReadmeShowsTheExample(name: String) throws {
        let example = try #require(checkout["Examples/Sources/\(name)/Main.swift"])
        expectNone(DocumentRules.showing(example, in: try #require(checkout["README.md"])))
    }

    @Test func dependenciesHaveTheirReasons() async throws {
        let decision = try #require(checkout["docs/decisions/0001-dependencies.md"])
        expectNone(DocumentRules.dependencies(of: try await checkout.manifest(), in: decision))
    }

    @Test func decisionsAreNumberedWithoutHoles() {
        expectNone(DocumentRules.decisions(checkout.files))
    }
}
