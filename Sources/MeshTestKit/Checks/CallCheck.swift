internal import Mesh

/// What holds for every call: it ends once, by its deadline, and its outcome tells the truth about whether it ran.
struct CallCheck {
    let name: String
    let world: World

    func ended(_ number: Int, _ result: Result<Payload, MeshError>) {
        world.calls.ended(number)
        let call = world.calls.entries[number]
        if call.ends > 1 { fail(number, "ended \(call.ends) times") }
        switch result {
        case .success:
            if call.runs.isEmpty { fail(number, "succeeded and never ran") }
        case .failure(let error) where error.isRetrySafe:
            if !call.runs.isEmpty { fail(number, "is said not to have run, and ran: \(error)") }
        case .failure: break
        }
        if !call.request.options.isIdempotent, call.runs.count > 1 {
            fail(number, "is not idempotent and ran \(call.runs.count) times")
        }
        if let expected = call.request.options.expectedEpoch, call.runs.contains(where: { $0 != expected }) {
            fail(number, "was for epoch \(expected) alone and ran at \(call.runs)")
        }
    }

    private func fail(_ number: Int, _ text: String) { world.violation("\(name): the call \(number) \(text)") }
}
