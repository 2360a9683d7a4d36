internal import Mesh
internal import Redis

/// A record as the fields of a hash, and back.
enum RecordFields {
    /// The longest text that a field may have, in bytes; a longer one was not written by this mesh.
    static let textLimit = 256

    /// Epochs are below this: Lua counts in doubles. Redis' time in milliseconds leaves room until the year 287,000.
    static let epochLimit: Epoch = 9_007_199_254_740_000

    /// The fields of a record that are worth an event when they change, without epoch and nonce.
    static func telling(_ record: InstanceRecord) -> [RedisArgument] {
        [
            "endpoint", RedisArgument(record.endpoint), "state", RedisArgument(record.state.rawValue),
            "version", RedisArgument(record.version), "protocol", RedisArgument(record.protocol),
            "zone", RedisArgument(record.zone), "weight", RedisArgument(record.weight),
            "pid", RedisArgument(record.pid), "host", RedisArgument(record.host),
            "started", RedisArgument(record.startedMilliseconds),
        ]
            + record.attributes.sorted { $0.key < $1.key }.flatMap {
                [RedisArgument(attributePrefix + $0), RedisArgument($1)]
            }
    }

    /// What the names of the fields begin with that hold attributes.
    static let attributePrefix = "attribute:"

    /// The fields that change all the time.
    static func quiet(_ record: InstanceRecord) -> [RedisArgument] {
        ["load", RedisArgument(String(record.load))]
    }

    static func nonce(_ nonce: UInt64) -> String {
        let digits = String(nonce, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The record that these fields say, or what is wrong with them. Fields that are unknown are put up with, so that newer peers
    /// can say more.
    static func record(_ name: InstanceName, _ fields: [String: RedisValue]) -> Result<InstanceRecord, MalformedRecord>
    {
        do throws(MalformedRecord) {
            var record = InstanceRecord(
                name: name, epoch: try Self.epoch(fields), nonce: try hexadecimal("nonce", fields),
                endpoint: try endpoint(fields))
            guard let state = InstanceState(rawValue: try text("state", fields)) else {
                throw MalformedRecord(field: "state")
            }
            record.state = state
            record.version = try text("version", fields, default: "")
            record.protocol = try text("protocol", fields, default: "")
            record.zone = try text("zone", fields, default: "")
            record.host = try text("host", fields, default: "")
            record.weight = Int(try number("weight", fields, in: 1...1000, default: 100))
            record.pid = Int32(try number("pid", fields, in: 0...Int64(Int32.max), default: 0))
            record.startedMilliseconds = try number("started", fields, in: 0...(1 << 53), default: 0)
            record.load = try load(fields)
            record.attributes = try attributes(fields)
            return .success(record)
        } catch {
            return .failure(error)
        }
    }

    static func epoch(_ fields: [String: RedisValue]) throws(MalformedRecord) -> Epoch {
        Epoch(try number("epoch", fields, in: 1...Int64(epochLimit), default: nil))
    }

    private static func endpoint(_ fields: [String: RedisValue]) throws(MalformedRecord) -> String {
        let endpoint = try text("endpoint", fields)
        guard endpoint.hasPrefix("tcp://") || endpoint.hasPrefix("ipc://") else {
            throw MalformedRecord(field: "endpoint")
        }
        return endpoint
    }

    private static func text(
        _ field: String, _ fields: [String: RedisValue], default fallback: String? = nil
    ) throws(MalformedRecord) -> String {
        guard let value = fields[field] else {
            guard let fallback else { throw MalformedRecord(field: field) }
            return fallback
        }
        guard let text = value.string, text.utf8.count <= textLimit else { throw MalformedRecord(field: field) }
        return text
    }

    private static func number(
        _ field: String, _ fields: [String: RedisValue], in range: ClosedRange<Int64>, default fallback: Int64?
    ) throws(MalformedRecord) -> Int64 {
        guard let value = fields[field] else {
            guard let fallback else { throw MalformedRecord(field: field) }
            return fallback
        }
        guard let number = value.integer, range.contains(number) else { throw MalformedRecord(field: field) }
        return number
    }

    private static func hexadecimal(_ field: String, _ fields: [String: RedisValue]) throws(MalformedRecord) -> UInt64 {
        let digits = try text(field, fields)
        guard digits.utf8.count == 16, let number = UInt64(digits, radix: 16) else {
            throw MalformedRecord(field: field)
        }
        return number
    }

    private static func attributes(_ fields: [String: RedisValue]) throws(MalformedRecord) -> [String: String] {
        var attributes: [String: String] = [:]
        for field in fields.keys where field.hasPrefix(attributePrefix) {
            let name = String(field.dropFirst(attributePrefix.count))
            let value = try text(field, fields)
            guard InstanceRecord.isAttribute(name, value), attributes.count < InstanceRecord.attributeLimit else {
                throw MalformedRecord(field: field)
            }
            attributes[name] = value
        }
        return attributes
    }

    private static func load(_ fields: [String: RedisValue]) throws(MalformedRecord) -> Double {
        guard let load = Double(try text("load", fields, default: "0")), load.isFinite, load >= 0 else {
            throw MalformedRecord(field: "load")
        }
        return min(load, 1)
    }
}

/// A record or an event that this mesh did not write, and the field that gives it away.
struct MalformedRecord: Error, Equatable {
    let field: String
}

extension [String: RedisValue] {
    /// Alternating names and values as a dictionary; nil when they are something else.
    init?(alternating value: RedisValue) {
        guard let pairs = value.pairs else { return nil }
        self.init(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }
}
