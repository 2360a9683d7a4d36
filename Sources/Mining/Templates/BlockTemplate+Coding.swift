extension BlockTemplate {
    enum CodingKeys: String, CodingKey {
        case version
        case rules
        case previousBlockHash = "previousblockhash"
        case transactions
        case coinbaseAux = "coinbaseaux"
        case coinbaseValue = "coinbasevalue"
        case longPollID = "longpollid"
        case target
        case minimumTime = "mintime"
        case mutable
        case nonceRange = "noncerange"
        case sigOpLimit = "sigoplimit"
        case sizeLimit = "sizelimit"
        case weightLimit = "weightlimit"
        case currentTime = "curtime"
        case bits
        case height
        case defaultWitnessCommitment = "default_witness_commitment"
        case mweb
    }

    /// Reads a template and checks its form.
    ///
    /// - Throws: `DecodingError` whose path ends with the field that is missing or malformed.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        version = try fields.decodeInteger(.version)
        rules = try fields.decode([String].self, forKey: .rules)
        previousBlockHash = try fields.decodeHex(.previousBlockHash, digits: 64)
        transactions = try fields.decode([TemplateTransaction].self, forKey: .transactions)
        coinbaseAux = try fields.decodeIfPresent([String: String].self, forKey: .coinbaseAux) ?? [:]
        coinbaseValue = try fields.decodeNatural(.coinbaseValue)
        longPollID = try fields.decodeIfPresent(String.self, forKey: .longPollID)
        target = try fields.decodeHex(.target, digits: 64)
        minimumTime = try fields.decodeNatural(.minimumTime)
        mutable = try fields.decodeIfPresent([String].self, forKey: .mutable) ?? []
        nonceRange = try fields.decodeHex(.nonceRange, digits: 16)
        sigOpLimit = try fields.decodeNatural(.sigOpLimit)
        sizeLimit = try fields.decodeNatural(.sizeLimit)
        weightLimit = try fields.contains(.weightLimit) ? fields.decodeNatural(.weightLimit) : nil
        currentTime = try fields.decodeNatural(.currentTime)
        bits = try fields.decodeHex(.bits, digits: 8)
        height = try fields.decodeNatural(.height)
        defaultWitnessCommitment = try fields.decodeHexIfPresent(.defaultWitnessCommitment)
        mweb = try fields.decodeHexIfPresent(.mweb)
    }
}

extension TemplateTransaction {
    enum CodingKeys: String, CodingKey {
        case data, txid, hash, depends, fee, sigops, weight
    }

    /// Reads a transaction and checks its form.
    ///
    /// - Throws: `DecodingError` whose path ends with the field that is missing or malformed.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        data = try fields.decodeHex(.data)
        txid = try fields.decodeHex(.txid, digits: 64)
        hash = try fields.decodeHex(.hash, digits: 64)
        depends = try fields.decodeIfPresent([Int].self, forKey: .depends) ?? []
        fee = try fields.decodeInteger(.fee)
        sigops = try fields.decodeNatural(.sigops)
        weight = try fields.decodeNatural(.weight)
    }
}

extension KeyedDecodingContainer {
    /// Hexadecimal bytes, of exactly `digits` digits where that is given.
    func decodeHex(_ key: Key, digits: Int? = nil) throws -> String {
        let text = try decode(String.self, forKey: key)
        guard text.isHexadecimalBytes, digits == nil || text.utf8.count == digits else {
            let wanted = digits.map { "\($0) hexadecimal digits" } ?? "whole bytes as hexadecimal digits"
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "expected \(wanted), found \(text.utf8.count) characters")
        }
        return text
    }

    func decodeHexIfPresent(_ key: Key) throws -> String? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try decodeHex(key)
    }

    /// A whole number in the type's range.
    func decodeInteger<Number: FixedWidthInteger>(_ key: Key) throws -> Number {
        let number: Int64
        do {
            number = try decode(Int64.self, forKey: key)
        } catch let error as DecodingError {
            throw error
        } catch {
            // Foundation's decoder throws an error of its own for a fraction, which ends as "not valid JSON" without a path.
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "expected a whole number")
        }
        guard let result = Number(exactly: number) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "the number \(number) is out of range")
        }
        return result
    }

    /// A whole number that is not negative.
    func decodeNatural<Number: FixedWidthInteger>(_ key: Key) throws -> Number {
        let number: Number = try decodeInteger(key)
        guard number >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "expected a number of zero or more, found \(number)")
        }
        return number
    }
}

extension String {
    /// Whether this is an even number of hexadecimal digits, zero included.
    var isHexadecimalBytes: Bool {
        let digits = utf8
        return digits.count % 2 == 0
            && digits.allSatisfy { digit in
                switch digit {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"):
                    true
                default: false
                }
            }
    }
}
