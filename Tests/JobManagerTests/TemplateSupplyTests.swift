internal import Testing

@testable internal import jobmanager

/// When the last job stops to count, and when it counts again.
@Suite struct TemplateSupplyTests {
    private let start = ContinuousClock.now
    private var supply = TemplateSupply(grace: .seconds(30))

    @Test mutating func silenceEndsItAfterTheGraceAlone() {
        #expect(supply.looked(silentSince: nil, at: start) == nil)
        #expect(supply.looked(silentSince: start, at: start + .seconds(29)) == nil)
        #expect(supply.looked(silentSince: start, at: start + .seconds(30)) == .ended)
        #expect(supply.looked(silentSince: start, at: start + .seconds(31)) == nil, "said once")
    }

    @Test mutating func oneAnswerBringsItBack() {
        #expect(supply.looked(silentSince: start, at: start + .seconds(60)) == .ended)
        #expect(supply.looked(silentSince: nil, at: start + .seconds(61)) == .returned)
        #expect(supply.looked(silentSince: nil, at: start + .seconds(62)) == nil)
    }

    /// Between two looks an answer came, and then silence again.
    @Test mutating func aNewSilenceBeginsTheGraceAnew() {
        #expect(supply.looked(silentSince: start, at: start + .seconds(60)) == .ended)
        #expect(supply.looked(silentSince: start + .seconds(60), at: start + .seconds(61)) == .returned)
        #expect(supply.looked(silentSince: start + .seconds(60), at: start + .seconds(90)) == .ended)
    }

    @Test func itLooksOftenEnough() {
        #expect(supply.interval == .seconds(1))
        #expect(TemplateSupply(grace: .milliseconds(400)).interval == .milliseconds(100))
    }
}
