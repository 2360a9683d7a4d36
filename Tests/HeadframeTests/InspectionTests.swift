internal import Mesh
internal import MessagePack
internal import Testing

@testable internal import headframe

@Suite struct InspectionTests {
    @Test func argumentsAndDefaultsAreShownAsWritten() throws {
        let inspection = try Inspection(
            [
                "name": "S",
                "methods": [
                    "hello": [
                        "args": [["name": "self"], ["name": "who"], ["name": "n", "default": 3]],
                        "doc": "\n  Greets.\n    More.\n  ",
                    ],
                    "odd": ["args": nil, "doc": nil],
                ],
            ], of: "x")
        #expect(inspection.name == "S")
        #expect(inspection.methods.map(\.name) == ["hello", "odd"])
        #expect(inspection.methods[0].arguments == ["who", "n=3"])
        #expect(inspection.methods[0].documentation == "Greets.\nMore.")
        #expect(inspection.methods[1].arguments == ["..."])
        #expect(inspection.methods[1].documentation == "")
    }

    @Test(arguments: [nil, 7, [:], ["methods": 3]] as [MessagePackValue])
    func anotherAnswerIsRefused(_ answer: MessagePackValue) {
        let error = #expect(throws: MeshError.self) { try Inspection(answer, of: "tcp://h:1") }
        #expect(error?.code == .badReply)
    }
}
