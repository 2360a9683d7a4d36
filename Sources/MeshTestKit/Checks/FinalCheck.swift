internal import Mesh

/// What has to hold when all faults have been over for the stated time.
struct FinalCheck {
    let scene: Scene
    func run() {}
}
