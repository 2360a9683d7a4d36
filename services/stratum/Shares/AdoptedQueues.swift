internal import DurableQueue
internal import FoundationEssentials
internal import Logging
internal import NIOPosix

/// Queues of instances of this host that run no more: they are offered beside this instance's own until nothing in them is needed, then
/// removed, so that fewer instances than before strand nothing.
///
/// A folder is adopted that nobody held twice in a row; an instance that was only started again has it back by then. One that comes back
/// later, and finds its folder held, takes another beside it.
///
/// With replicas, one that was replicated is a member of groups, which may need it to find out what was acknowledged: it is adopted once nobody
/// has held it for long and no group counts on it any more, as far as is known here.
struct AdoptedQueues: Sendable {
    /// A folder that was replicated and that nobody holds.
    private struct Member {
        let origin: UUID
        let freeSince: ContinuousClock.Instant
    }

    private let options: ShareQueueOptions
    private let own: String
    private let left: [ShareFolder]
    private let desk: QueueDesk
    private let logger: Logger
    private let members: @Sendable () -> Set<MemberID>
    private let complaints = Complaints()

    /// - Parameters:
    ///   - own: the folder's name of this instance's own queue.
    ///   - left: folders that this instance has opened and does not use.
    ///   - members: who belongs to the groups that this instance takes part in.
    init(
        _ options: ShareQueueOptions, besides own: String, left: [ShareFolder], desk: QueueDesk, logger: Logger,
        members: @escaping @Sendable () -> Set<MemberID>
    ) {
        self.options = options
        self.own = own
        self.left = left
        self.desk = desk
        self.logger = logger
        self.members = members
    }

    /// Looks for folders, and serves those that it has found, until its task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for folder in left { group.addTask { await serve(folder) } }
            var free: Set<String> = []
            var replicated: [String: Member] = [:]
            // The sleep throws when the task is cancelled, and nothing else.
            while (try? await Task.sleep(for: options.adoptEvery)) != nil {
                let stillFree = await away { freeFolders() } ?? []
                replicated = replicated.filter { stillFree.contains($0.key) }
                for name in free.intersection(stillFree).sorted() {
                    // To look at it is to hold it for a moment, so that is done no oftener than it has to be.
                    let known = replicated[name]
                    if let known, !isAbandoned(known) { continue }
                    guard let folder = await adopt(name) else { continue }
                    let origin = folder.store.origin
                    guard !options.isReplicated || !folder.isReplicated || known?.origin == origin else {
                        replicated[name] = Member(origin: origin, freeSince: .now)
                        await folder.store.close()
                        continue
                    }
                    group.addTask { await serve(folder) }
                }
                free = stillFree
            }
        }
    }

    /// The folders of queues that nobody holds at the moment.
    private func freeFolders() -> Set<String> {
        do throws(DurableQueueError) {
            let free = try options.folders.free(besides: own)
            for (name, error) in free.failures.sorted(by: { $0.key < $1.key }) {
                complaints.complain(now: .now) { alike in
                    logger.warning("whether somebody holds the queue of \(name) cannot be told\(alike): \(error)")
                }
            }
            return free.names
        } catch {
            complaints.complain(now: .now) { alike in
                logger.warning("queues that nobody holds were not looked for\(alike): \(error)")
            }
            return []
        }
    }

    private func isAbandoned(_ member: Member) -> Bool {
        .now - member.freeSince >= options.abandonedAfter && !members().contains(MemberID(ofStore: member.origin))
    }

    private func adopt(_ name: String) async -> ShareFolder? {
        let opened = await away { () -> Result<SegmentLogStore, DurableQueueError> in
            do throws(DurableQueueError) { return .success(try options.folders.open(name)) } catch {
                return .failure(error)
            }
        }
        switch opened {
        case .success(let store): return ShareFolder(name: name, store: store)
        case .failure(let error) where error.code == .locked: return nil
        case .failure(let error):
            complaints.complain(now: .now) { alike in
                logger.error("the queue that \(name) left cannot be adopted\(alike): \(error)")
            }
            return nil
        case nil: return nil
        }
    }

    private func serve(_ folder: ShareFolder) async {
        let (name, store) = (folder.name, folder.store)
        var configuration = options.configuration
        configuration.mode = .queueOnly
        let queue = DurableQueue(store: store, configuration: configuration, logger: logger)
        queue.stopIntake()
        logger.notice(
            "adopted the queue of an instance that is gone",
            metadata: ["instance": "\(name)", "shares": "\(queue.status.depth)"])
        desk.add(queue, diskBound: options.log.maximumDiskBytes)
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "queue of \(name)") { await keep(queue, named: name) }
            group.addTask(name: "end of the queue of \(name)") { await waitUntilEmpty(queue) }
            await group.next()
            group.cancelAll()
        }
        desk.remove(queue)
        guard !Task.isCancelled, isEmpty(queue) else { return await queue.close() }
        do throws(DurableQueueError) {
            try await store.destroy()
            logger.notice("removed the queue that \(name) left: all of it is counted")
        } catch { logger.error("the queue that \(name) left cannot be removed: \(error)") }
    }

    private func keep(_ queue: DurableQueue, named name: String) async {
        do throws(DurableQueueError) { try await queue.run() } catch {
            logger.error("the queue that \(name) left failed: \(error)")
        }
    }

    /// Not before what was counted is forgotten too: a reader may want to go back.
    private func waitUntilEmpty(_ queue: DurableQueue) async {
        while !isEmpty(queue) {
            // The sleep throws when the task is cancelled, and nothing else.
            guard (try? await Task.sleep(for: min(options.adoptEvery, .seconds(1)))) != nil else { return }
        }
    }

    private func isEmpty(_ queue: DurableQueue) -> Bool {
        let status = queue.status
        return status.depth == 0 && status.dead == 0 && status.store.entryCount == 0
    }

    /// Runs what blocks on a thread that may; nil where there is none any more.
    private func away<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        try? await NIOThreadPool.singleton.runIfActive(body)
    }
}
