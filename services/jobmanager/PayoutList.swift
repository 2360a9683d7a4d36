internal import Mining

/// The text form of who is paid: `ADDRESS`, or several with weights, as in `ADDRESS:95,ADDRESS:5`.
enum PayoutList {
    /// The most payouts of a coinbase here.
    static let limit = 32

    /// Reads the list; addresses become scripts without asking anybody.
    ///
    /// - Throws: An error that names the entry and what is wrong with it.
    static func parse(_ text: String, on network: Network) throws(JobManagerError) -> [Payout] {
        let entries = text.split(separator: ",", omittingEmptySubsequences: false)
        guard entries.count <= limit else {
            throw invalid("there are \(entries.count) payouts; give \(limit) at most")
        }
        var payouts: [Payout] = []
        for entry in entries { payouts.append(try payout(entry, on: network)) }
        return payouts
    }

    private static func payout(_ entry: Substring, on network: Network) throws(JobManagerError) -> Payout {
        let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first, !address.isEmpty else {
            throw invalid("'\(entry)' is no ADDRESS or ADDRESS:WEIGHT")
        }
        var weight = 1
        if parts.count == 2 {
            guard let number = Int(parts[1]), (1...1_000_000).contains(number) else {
                throw invalid("the weight '\(parts[1])' is not a whole number from 1 to 1000000")
            }
            weight = number
        }
        do throws(MiningError) {
            return Payout(to: try Address(String(address), on: network), weight: weight)
        } catch {
            throw invalid(error.message)
        }
    }

    private static func invalid(_ words: String) -> JobManagerError {
        JobManagerError(code: .invalidArgument, message: words)
    }
}

extension Network {
    /// Whether what is mined there is worth nothing.
    var isForTests: Bool { chain != "main" }
}
