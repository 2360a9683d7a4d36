internal import Testing

@testable internal import Stratum

@Suite struct DifficultyArgumentsTests {
    @Test(arguments: [
        ("d=16", DifficultyArguments(start: 16)),
        ("x,d=0.5", DifficultyArguments(start: 0.5)),
        ("D=16;min=4;MAX=1024", DifficultyArguments(start: 16, minimum: 4, maximum: 1024)),
        ("-d 8", DifficultyArguments(start: 8)),
        ("--start-diff 8 --min-diff=2", DifficultyArguments(start: 8, minimum: 2)),
        ("diff:1e3", DifficultyArguments(start: 1000)),
    ])
    func areRead(password: String, arguments: DifficultyArguments) {
        #expect(DifficultyArguments(password: password) == arguments)
    }

    @Test(arguments: ["", "x", "123", "d", "d=", "d=x", "d=-1", "d=0", "d=nan", "min=inf", "max=1e999", "password=16"])
    func whatIsNoneIsLeftAlone(password: String) {
        #expect(DifficultyArguments(password: password).isEmpty)
    }
}
