/// Who of several is responsible for something, without anybody being asked: the one whose name gives the highest hash together with it
/// (rendezvous hashing; Thaler and Ravishankar, 1998).
///
/// Everybody who knows the same members comes to the same result. When one leaves, what it had goes to the others in equal parts, and
/// nothing else moves.
enum Rendezvous {
    /// The member that is responsible for `key`; nil without any.
    static func owner(of key: String, among members: some Sequence<String>) -> String? {
        // The name decides where two hashes are equal.
        members.max { (hash(key, $0), $0) < (hash(key, $1), $1) }
    }

    /// FNV-1a over both texts and a byte between them, and the last mixing of SplitMix64, without which texts that differ at their end alone
    /// stay close.
    private static func hash(_ key: String, _ member: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in [Array(key.utf8), [0], Array(member.utf8)].joined() {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
        return hash ^ hash >> 31
    }
}
