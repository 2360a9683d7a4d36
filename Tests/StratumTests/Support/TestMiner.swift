internal import Mining

@testable internal import Stratum

/// A session with a miner's words at hand and a clock that stands still until it is told to go on.
struct TestMiner {
    var session: Session
    var now = ContinuousClock.now

    init(_ options: SessionOptions = SessionOptions(), work: Work? = nil, connection: UInt32 = 1) {
        session = Session(
            extranonce1: Extranonce1(process: 0x0a0b_0c0d, connection: connection), options: options, work: work,
            now: now)
    }

    mutating func say(_ line: String) -> [Session.Action] { session.receive(line: line.utf8, now: now) }

    mutating func ask(_ method: String, _ params: String = "[]", id: Int = 1) -> [Session.Action] {
        say(#"{"id":\#(id),"method":"\#(method)","params":\#(params)}"#)
    }

    mutating func subscribe() -> [Session.Action] { ask("mining.subscribe", #"["test/1"]"#) }

    /// Authorizes a worker, and lets the server allow it.
    mutating func authorize(_ user: String = "w", password: String = "x") -> [Session.Action] {
        let asked = ask("mining.authorize", #"["\#(user)","\#(password)"]"#)
        return asked + session.authorized(.allowed, now: now)
    }

    /// All that it takes to mine.
    mutating func begin(password: String = "x") -> [Session.Action] { subscribe() + authorize(password: password) }

    mutating func submit(
        _ job: String, _ extranonce2: String = "00000001", time: UInt32 = SampleWork.time, nonce: String = "00000000",
        worker: String = "w", version: String? = nil, id: Int = 4
    ) -> [Session.Action] {
        let bits = version.map { #","\#($0)""# } ?? ""
        return ask(
            "mining.submit", #"["\#(worker)","\#(job)","\#(extranonce2)","\#(hex(time))","\#(nonce)"\#(bits)]"#, id: id)
    }

    mutating func work(_ work: Work) -> [Session.Action] { session.work(work, now: now) }

    /// Lets time go by, a tick a second.
    mutating func wait(_ seconds: Int) -> [Session.Action] {
        var actions: [Session.Action] = []
        for _ in 0..<seconds {
            now += .seconds(1)
            actions += session.tick(now: now)
        }
        return actions
    }
}

extension Sent {
    /// The id of a `mining.notify`.
    var job: String { params.first?.text ?? "" }
    /// Whether a `mining.notify` says that earlier jobs are worthless.
    var isClean: Bool { params.last == .bool(true) }
    /// The time of a `mining.notify`.
    var time: UInt32 { params[7].text.flatMap { number(hex: $0) } ?? 0 }
}
