/// Where new jobs go: the publications `jobs` and `jobHeaders`.
protocol JobPublisher: Sendable {
    /// Sends a job to everyone who listens. It must not wait for them: the next block may be the next call.
    func publish(_ job: Job) async
}
