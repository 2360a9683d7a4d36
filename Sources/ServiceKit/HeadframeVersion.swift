/// The version of this build of Headframe: the one place that states it.
public enum HeadframeVersion {
    /// What `--version` prints, the registry record carries and `headframe_build_info` is labelled with.
    public static let current = "0.1.0"
}
