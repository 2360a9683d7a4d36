internal import Mining

/// Where new jobs go: the publications `jobs` and `jobHeaders`.
protocol JobPublisher: Sendable {
    /// Sends a job to everyone who listens. It must not wait for them: the next block may be the next call.
    func publish(_ job: Job) async

    /// No daemon has given a template for so long that the last job is not to be relied on, and `reason` says why: consumers
    /// had better follow others.
    func suspend(_ reason: String) async

    /// A daemon gives templates again; the last job counts again.
    func resume() async
}
