internal import Testing

/// Each rule finds what it is for, and leaves alone what only looks like it.
@Suite struct RuleTests {
    private func target(
        _ name: String, _ kind: Manifest.Kind = .regular, targets: Set<String> = [], products: Set<String> = []
    ) -> Manifest.Target {
        Manifest.Target(
            name: name, kind: kind, path: (kind == .test ? "Tests/" : "Sources/") + name, targets: targets,
            products: products)
    }

    private func lines(_ findings: [Finding]) -> [Int] { findings.map(\.line) }

    // MARK: The scanner

    @Test func commentsAndLiteralsAreNoCode() {
        let code = SwiftScanner.code(
            of: #"""
                let a = "print(1)" // print(2)
                /* print(3) /* nested */ print(4) */ let b = 1
                let c = #"say "print(5)" \(d)"#; let d = "\(f("print(6)") + ")")e"; print(7)
                let e = """
                    import Nothing
                    """
                """#)
        #expect(!code.contains("print(1)") && !code.contains("print(2)"))
        #expect(!code.contains("print(3)") && !code.contains("print(4)") && code.contains("let b = 1"))
        #expect(!code.contains("print(5)") && !code.contains("print(6)") && code.contains("print(7)"))
        #expect(!code.contains("import"))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count == 6)
    }

    // MARK: Imports

    @Test func importsAreRead() {
        let file = SourceFile(
            "Sources/A/A.swift",
            """
            import Bare
            public import B
            @testable internal import C
            @preconcurrency @_spi(Some) import D
            internal import struct E.Thing
            let text = "import F"
            """)
        let imports = ImportRules.imports(in: file)
        #expect(imports.map(\.module) == ["Bare", "B", "C", "D", "E"])
        #expect(imports.map(\.hasAccessLevel) == [false, true, true, false, true])
    }

    @Test func anUndeclaredImportAndAMissingAccessLevelAreFound() {
        let file = SourceFile(
            "Sources/Mesh/A.swift",
            "internal import Foundation\ninternal import MessagePack\nimport Logging\nimport Redis\n")
        let mesh = target("Mesh", targets: ["MessagePack"], products: ["Logging"])
        #expect(lines(ImportRules.findings(in: file, of: mesh)) == [3, 4, 4])
    }

    // MARK: Levels

    @Test func upwardAndSidewardDependenciesAreFound() {
        let manifest = Manifest(targets: [
            target("EventLoop"), target("Redis", targets: ["EventLoop", "ZeroMQ"]),
            target("ZeroMQ", targets: ["MeshRedis"]),
            target("MeshRedis", targets: ["Redis"]),
        ])
        let findings = LevelRules.findings(in: manifest)
        #expect(findings.count == 2)
        #expect(findings.contains { $0.advice.contains("“Redis” (level 2) depends on “ZeroMQ” (level 2)") })
        #expect(findings.contains { $0.advice.contains("“ZeroMQ” (level 2) depends on “MeshRedis” (level 3)") })
    }

    @Test func theMeshReachesNoSocketNotEvenThroughOthers() {
        let manifest = Manifest(targets: [
            target("CZeroMQ", .system), target("MessagePack", targets: ["CZeroMQ"]),
            target("Mesh", targets: ["MessagePack"]),
            target("Mining", targets: ["Mesh"]),
        ])
        let advice = LevelRules.findings(in: manifest).map(\.advice)
        #expect(advice.contains { $0.hasPrefix("“Mesh” reaches “CZeroMQ”") })
        #expect(advice.contains { $0.hasPrefix("“Mining” reaches “Mesh”") })
    }

    @Test func testKitsAreForTests() {
        let manifest = Manifest(targets: [
            target("MeshTestKit", targets: ["TestSupport"]), target("TestSupport"),
            target("Mesh", targets: ["MeshTestKit"]),
            target("jobmanager", .executable, targets: ["Mesh"]), target("MeshTests", .test, targets: ["MeshTestKit"]),
        ])
        let advice = LevelRules.findings(in: manifest).map(\.advice)
        #expect(advice.count == 4)
        #expect(advice.contains { $0.hasPrefix("“jobmanager” reaches the test kit “TestSupport”") })
    }

    @Test func aTargetWithoutALevelAndTestsOfNothingAreFound() {
        let manifest = Manifest(targets: [
            target("Novelty"), target("NothingTests", .test), target("jobmanager", .executable),
            target("JobManagerTests", .test), target("IntegrationTests", .test),
        ])
        let advice = LevelRules.findings(in: manifest).map(\.advice)
        #expect(advice.count == 2)
        #expect(advice.contains { $0.contains("“Novelty” has no level") })
        #expect(advice.contains { $0.contains("“NothingTests”") })
    }

    @Test func theManifestIsReadAsItIsDumped() throws {
        let manifest = try Manifest(
            dumped: """
                {"targets": [
                  {"name": "A", "type": "regular", "dependencies": []},
                  {"name": "B", "type": "executable", "path": "services/B", "dependencies": [
                    {"byName": ["A", null]}, {"product": ["Logging", "swift-log", null, null]}, {"target": ["A", null]}]},
                  {"name": "BTests", "type": "test", "dependencies": [{"byName": ["B", null]}]}
                ]}
                """)
        #expect(manifest["B"]?.targets == ["A"] && manifest["B"]?.products == ["Logging"])
        #expect(manifest.targets.map(\.path) == ["Sources/A", "services/B", "Tests/BTests"])
        #expect(manifest["BTests"].map { manifest.reach(of: $0) } == ["A", "B"])
        #expect(manifest.target(of: SourceFile("services/B/Deep/C.swift", ""))?.name == "B")
    }

    // MARK: Code

    @Test func longFilesAreFound() {
        let line = "let a = 1\n"
        #expect(CodeRules.length(of: SourceFile("Sources/A.swift", String(repeating: line, count: 400))).isEmpty)
        #expect(
            lines(CodeRules.length(of: SourceFile("Sources/A.swift", String(repeating: line, count: 401)))) == [401])
    }

    @Test(arguments: [
        "    Task { await run() }", "    Task(name: \"x\") { await run() }", "    return Task.detached { }",
        "    let task = Task<Void, Never> { }", "    case .loop: Task.immediate(executorPreference: loop) { }",
    ])
    func unstructuredTasksAreFound(_ code: String) {
        func findings(_ text: String, _ path: String = "Sources/A/A.swift") -> [Finding] {
            CodeRules.unstructuredTasks(in: SourceFile(path, text))
        }
        #expect(lines(findings("func f() {\n\(code)\n}\n")) == [2])
        #expect(lines(findings("// Something else.\nfunc f() {\n\(code)\n}\n")) == [3])
        #expect(findings("func f() {\n    // The task outlives its caller, because.\n\(code)\n}\n").isEmpty)
        let inner = "    /// Its task.\n    struct B {\n        let b = 1\n    }\n"
        let method = "    func f() {\n\n\n\n\n\n\n    \(code)\n    }\n"
        #expect(findings("/// Owner of the tasks.\nfinal class A {\n\(inner)\n\(method)}\n").isEmpty)
        #expect(findings("/// Owner.\nfinal class A {\n\(inner)\n\(method)}\n").count == 1)
        #expect(findings("func f() {\n\(code)\n}\n", "Tests/ATests/A.swift").isEmpty)
    }

    @Test(arguments: [
        "group.addTask { await run() }", "let task: Task<Void, Never>", "try Task.checkCancellation()", "// Task { }",
        "for task in tasks { await task.value }", "try await Task.sleep(for: limit)", "let a = \"Task { }\"",
    ])
    func whatIsNoUnstructuredTaskIsLeftAlone(_ code: String) {
        #expect(CodeRules.unstructuredTasks(in: SourceFile("Sources/A/A.swift", code)).isEmpty)
    }

    @Test(arguments: [
        "try await Task.sleep(for: .seconds(1))", "Thread.sleep(forTimeInterval: 1)", "usleep(10)", "sleep(1)",
    ])
    func sleepsInTestsAreFound(_ code: String) {
        #expect(lines(CodeRules.sleeps(in: SourceFile("Tests/ATests/A.swift", "let a = 1\n\(code)\n"))) == [2])
        #expect(CodeRules.sleeps(in: SourceFile("Tests/ATests/A.swift", "// Time itself passes.\n\(code)\n")).isEmpty)
        #expect(CodeRules.sleeps(in: SourceFile("Tests/Support/A.swift", "let a = 1\n\(code)\n")).isEmpty)
        #expect(CodeRules.sleeps(in: SourceFile("Sources/A/A.swift", "let a = 1\n\(code)\n")).isEmpty)
    }

    @Test func printsAreFoundWhereTheyDoNotBelong() {
        let text = "print(1)\n// print(2)\nlet a = \"print(3)\"\ncase print(String)\nreturn .print(4)\n    print(5)\n"
        #expect(lines(CodeRules.prints(in: SourceFile("Sources/Mesh/A.swift", text))) == [1, 6])
        #expect(lines(CodeRules.prints(in: SourceFile("services/jobmanager/A.swift", text))) == [1, 6])
        #expect(CodeRules.prints(in: SourceFile("Sources/headframe/A.swift", text)).isEmpty)
    }

    @Test func aProgramWithoutAShortMainIsFound() {
        let manifest = Manifest(targets: [target("headframe", .executable), target("Mesh")])
        func findings(_ file: SourceFile) -> [Finding] { CodeRules.mainFiles(of: manifest, in: [file]) }
        let line = "let a = 1\n"
        #expect(findings(SourceFile("Sources/headframe/Main.swift", String(repeating: line, count: 60))).isEmpty)
        #expect(findings(SourceFile("Sources/headframe/Main.swift", String(repeating: line, count: 61))).count == 1)
        #expect(findings(SourceFile("Sources/headframe/Begin.swift", line)).count == 1)
    }

    // MARK: Texts

    @Test func machinePathsAndLeftoversAreFound() {
        let (work, mark) = ("/wor" + "k/main", "TO" + "DO")
        let text =
            "cd \(work)\nhttps://a.example\(work)\n$HOME\(work)\n# \(mark): later\nmktemp a.XXXXXX\nmeth\(mark)s\n"
        #expect(lines(TextRules.findings(in: SourceFile("scripts/a", text))) == [1, 4])
    }

    @Test func whatGitIgnoresIsLeftOut() {
        let ignored = IgnoreList("# built\n.build*/\n*.o\nPackage.resolved\n")
        #expect(ignored.matches(".git") && ignored.matches(".build-release") && ignored.matches("a.o"))
        #expect(ignored.matches("Package.resolved"))
        #expect(!ignored.matches(".ci") && !ignored.matches("Package.swift") && !ignored.matches(".gitignore"))
    }

    // MARK: Documents

    @Test func theTableOfFoldersIsHeldToTheTree() {
        let document = SourceFile(
            "docs/ARCHITECTURE.md",
            """
            | folder | level | what it is for |
            |---|---|---|
            | `Sources/Mesh` | 2 | The mesh decides without I/O. |
            | `Sources/Redis` | 3 | A client of Redis on the loop. |
            | `Sources/Gone` | 1 | It was here once, long ago. |
            | `services/jobmanager` | 5 | Jobs |
            | `Sources/TestSupport` | kit | Helpers of the tests alone. |
            """)
        let folders = ["Sources/Mesh", "Sources/Redis", "Sources/New", "services/jobmanager", "Sources/TestSupport"]
        #expect(lines(DocumentRules.architecture(document, folders: folders)) == [1, 4, 5, 6])
        #expect(DocumentRules.architecture(document, folders: ["Sources/Mesh"]).count == 6)
    }

    @Test func referencesToNothingAreFound() {
        let document = SourceFile(
            "docs/A.md",
            """
            [there](B.md#part) and [up](../README.md), [folder](decisions/), [out](https://a.example/B)
            [gone](C.md)
            `Mesh/Node.swift`, `Node.swift` and `Mesh/Gone.swift`
            """)
        let paths: Set = ["docs/A.md", "docs/B.md", "README.md", "docs/decisions/0001-a.md", "Sources/Mesh/Node.swift"]
        #expect(lines(DocumentRules.references(in: document, to: paths)) == [2, 3])
    }

    @Test func aFileShownOtherThanItIsIsFound() {
        let file = SourceFile("A.swift", "let a = 1\nlet b = 2\n")
        #expect(DocumentRules.showing(file, in: SourceFile("A.md", "text\nlet a = 1\nlet b = 2\n")).isEmpty)
        #expect(DocumentRules.showing(file, in: SourceFile("A.md", "let a = 1\n\nlet b = 2\n")).count == 1)
        #expect(DocumentRules.showing(file, in: SourceFile("A.md", "")).count == 1)
    }

    @Test func aDependencyWithoutAReasonIsFound() {
        let manifest = Manifest(targets: [
            target("CThing", .system), target("A", products: ["Logging"]),
            target("B", targets: ["A"], products: ["Novelty"]),
        ])
        let decision = SourceFile("docs/decisions/0001-dependencies.md", "| a | `Logging` | why |\n")
        let advice = DocumentRules.dependencies(of: manifest, in: decision).map(\.advice)
        #expect(advice.map { $0.prefix(9) } == ["`CThing` ", "`Novelty`"])
    }

    @Test func aHoleInTheDecisionsIsFound() {
        let text = "# Title\n## Context\n## Decision\n## Consequence\n"
        func findings(_ names: String...) -> [Finding] {
            DocumentRules.decisions(names.map { SourceFile("docs/decisions/\($0)", text) })
        }
        #expect(findings("0001-a.md", "0002-b.md").isEmpty)
        #expect(findings("0001-a.md", "0003-b.md").map(\.path) == ["docs/decisions/0003-b.md"])
        #expect(findings("0001-a.md", "0001-b.md").count == 1)
        #expect(findings("0001.md").count == 1)
        #expect(DocumentRules.decisions([SourceFile("docs/decisions/0001-a.md", "# Title\n")]).count == 3)
    }
}
