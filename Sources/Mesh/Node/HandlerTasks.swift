internal import MessagePack
internal import Synchronization

/// The tasks of the handlers at work, by the request that each answers. On the I/O thread only, but for ``waitUntilEmpty()``.
///
/// These are the only unstructured tasks of the library: a handler's life is that of its request, which the peer may end at
/// any moment. The table owns them, cancels each with its request, and the node waits for all of them before it ends.
final class HandlerTasks {
    private struct Handler {
        let task: Task<Void, Never>
        let writer: EncodedStreamWriter?
    }

    private let loop: any TaskExecutor
    private let limits: Limits
    private var handlers: [ChannelKey: Handler] = [:]

    init(loop: any TaskExecutor, limits: Limits) {
        self.loop = loop
        self.limits = limits
    }

    func start(
        _ invocation: ServerEngine.Invocation, _ method: ServiceDefinition.Method,
        submit: @escaping @Sendable (NodeCommand) -> Void
    ) {
        let key = invocation.channel
        var writer: EncodedStreamWriter?
        if case .stream = method.kind {
            writer = EncodedStreamWriter(maximumBytes: limits.itemBytes) { submit(.write(key, $0)) }
        }
        let run = Self.body(invocation, method, writer: writer, submit: submit)
        let task =
            switch method.execution {
            case .pool: Task(name: "handler \(method.description.name)") { await run() }
            case .loop: Task.immediate(executorPreference: loop) { await run() }
            }
        handlers[key] = Handler(task: task, writer: writer)
    }

    private static func body(
        _ invocation: ServerEngine.Invocation, _ method: ServiceDefinition.Method, writer: EncodedStreamWriter?,
        submit: @escaping @Sendable (NodeCommand) -> Void
    ) -> @Sendable () async -> Void {
        let context = CallContext(invocation)
        return {
            // Most calls belong to no trace, and binding a task-local value has its price.
            guard let trace = context.trace else { return await answer(invocation, context, method, writer, submit) }
            await TraceContext.$current.withValue(trace) { await answer(invocation, context, method, writer, submit) }
        }
    }

    private static func answer(
        _ invocation: ServerEngine.Invocation, _ context: CallContext, _ method: ServiceDefinition.Method,
        _ writer: EncodedStreamWriter?, _ submit: @Sendable (NodeCommand) -> Void
    ) async {
        let key = invocation.channel
        do {
            switch method.kind {
            case .unary(let handler):
                submit(.reply(key, Payload(try await handler(context, invocation.arguments))))
            case .stream(let handler):
                guard let writer else { return }
                try await handler(context, invocation.arguments, writer)
                submit(.endStream(key))
            case .publication:
                break
            }
        } catch {
            let (name, message) = words(for: error)
            submit(.fail(key, name: name, message: message))
        }
    }

    private static func words(for error: any Error) -> (name: String, message: String) {
        switch error {
        case let error as any RemoteFailure: (error.remoteName, error.remoteMessage)
        case let error as MeshError: (error.remoteName ?? error.code.rawValue, error.message)
        default: ("\(type(of: error))", "\(error)")
        }
    }

    func ended(_ key: ChannelKey) { handlers[key] = nil }

    func cancel(_ key: ChannelKey) {
        guard let handler = handlers[key] else { return }
        handler.task.cancel()
        handler.writer?.end()
    }

    func resumeWriter(_ key: ChannelKey) { handlers[key]?.writer?.resume() }

    func cancelAll() {
        for key in handlers.keys { cancel(key) }
    }

    /// The tasks that are still at work.
    var running: [Task<Void, Never>] { handlers.values.map(\.task) }
}
