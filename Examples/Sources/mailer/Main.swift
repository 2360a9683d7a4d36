import DurableQueue
import EventLoop
import Mesh
import ServiceKit

struct MailerConfiguration: ServiceConfiguration {
    static let service = "mailer"
    static let summary = "sends letters, each at least once, whatever dies"
    static let settings: [Setting<Self>] = []
    var common = ServiceOptions(service: service)
}

@main enum Main {
    static func main() async {
        await runService(MailerConfiguration.self) { runtime in
            let letters = DurableQueue(
                store: try SegmentLogStore(folder: "letters-\(runtime.common.instance)"),
                configuration: QueueConfiguration(name: "letters"), logger: runtime.logger)
            let desk = QueueDesk()
            desk.add(letters)
            var mailer = ServiceDefinition(name: MailerConfiguration.service)
            desk.offer(on: &mailer)
            mailer.method("send", "Takes a letter; answered once it is on disk.", arguments: ["id", "text"]) {
                (_, id: String, text: String) in
                // The same id again, here and within a quarter of an hour, is the same letter.
                try await letters.enqueue(id: EntryID(id), payload: Array(text.utf8)).identity.text
            }
            let mesh = try MeshMember(runtime, offering: mailer, on: EventLoop(logger: runtime.logger))
            mesh.node.setReady()
            let delivery = Scope("delivery") {
                // An error here, and the letters are tried again, later each time; after five they wait in `headframe queue dead`.
                try await letters.run { batch in
                    try await Task.sleep(for: .seconds(2))
                    for letter in batch {
                        runtime.logger.notice("to the post: \(String(decoding: letter.payload, as: UTF8.self))")
                    }
                }
            }
            return [mesh, delivery]
        }
    }
}
