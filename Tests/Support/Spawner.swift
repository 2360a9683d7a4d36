internal import Foundation
internal import Synchronization

/// What `Spawner` needs to start a program.
struct SpawnRequest: Sendable {
    var path: String
    var arguments: [String]
    var environment: [String: String]
    var workingDirectory: String
    var outputFile: String
    var errorFile: String
}

/// Starts programs from one thread that lives as long as the test process.
///
/// The programs are started through `setpriv --pdeathsig KILL`, so that none outlives a crashed test. The kernel sends that signal
/// when the *thread* that started the child ends; threads of Swift's pool come and go, so this one is kept for the purpose.
final class Spawner: Sendable {
    static let shared = Spawner()

    private let requests = Mutex<[@Sendable () -> Void]>([])
    private let available = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                available.wait()
                let work = requests.withLock { $0.removeFirst() }
                work()
            }
        }
        thread.name = "spawner"
        thread.start()
    }

    func spawn(_ request: SpawnRequest) throws -> pid_t {
        guard access(request.path, X_OK) == 0 else {
            throw TestSupportError(
                "cannot start \(request.path): there is no such program; install the package it belongs to")
        }
        let outcome = SpawnOutcome()
        requests.withLock { $0.append { outcome.fulfil(posixSpawn(request)) } }
        available.signal()
        let (pid, error) = outcome.wait()
        guard error == 0 else {
            throw TestSupportError("cannot start \(request.path): \(String(cString: strerror(error)))")
        }
        return pid
    }
}

/// The answer of the spawner's thread to one request.
private final class SpawnOutcome: Sendable {
    private let result = Mutex<(pid: pid_t, error: Int32)>((0, 0))
    private let done = DispatchSemaphore(value: 0)

    func fulfil(_ value: (pid: pid_t, error: Int32)) {
        result.withLock { $0 = value }
        done.signal()
    }

    func wait() -> (pid: pid_t, error: Int32) {
        done.wait()
        return result.withLock { $0 }
    }
}

/// `posix_spawn` with output to files, in a process group of its own (so that a Ctrl-C at the test run does not overtake the test).
private func posixSpawn(_ request: SpawnRequest) -> (pid: pid_t, error: Int32) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, request.outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, request.errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    let words =
        ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", "/usr/bin/env", "-C", request.workingDirectory, request.path]
        + request.arguments
    var arguments = words.map { strdup($0) } + [nil]
    var environment = request.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { (arguments + environment).forEach { free($0) } }
    var pid = pid_t()
    let error = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, &environment)
    return (pid, error)
}
