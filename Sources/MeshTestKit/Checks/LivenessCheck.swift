internal import Mesh

/// What has to happen within a time, looked at four times a second.
struct LivenessCheck {
    let scene: Scene
    func begin() {}
}
