/// What can go wrong in a run.
enum Fault: CaseIterable {
    /// kill -9 of a publisher, which is started again, on the same port or on another.
    case publisherCrash
    /// SIGSTOP and SIGCONT of a publisher.
    case publisherFreeze
    /// A frozen publisher is taken for dead and replaced, and then it goes on.
    case publisherZombie
    /// A publisher's application stops answering, its transport lives.
    case publisherHang
    /// SIGTERM of a publisher: it drains and is started again.
    case publisherDrain
    /// All publishers are killed.
    case allPublishersCrash
    /// All publishers are killed and come back on a shorter chain.
    case allPublishersLower
    case consumerCrash
    case consumerFreeze
    /// A consumer takes its deliveries late.
    case consumerSlow
    /// Nothing passes between a consumer and a publisher.
    case partition
    case publisherCutFromRegistry
    case consumerCutFromRegistry
    case registryOutage
    case registryFlush
    /// An older state comes back, under a clock that is behind.
    case registryRollback
    case registryLosesEvents
    case connectionResets
    case slowNetwork
    /// A publisher's daemon learns nothing new for a while.
    case daemonStall
    case bogusFork
    case bogusNetwork
    case bogusOrdinal
}
