internal import MessagePack

/// The arguments of one request, decoded one after the other against the method's description.
struct ArgumentList {
    private let payload: Payload
    private let description: MethodDescription
    private let count: Int
    private var index = 0
    private var offset: Int

    /// - Throws: ``BadArguments`` when the arguments are no array, or nil.
    init(_ payload: Payload, of description: MethodDescription) throws {
        self.payload = payload
        self.description = description
        do {
            (count, offset) = try payload.withBytes { (bytes) throws(MessagePackError) in
                var reader = MessagePackReader(bytes)
                return (try reader.readArrayHeader(), reader.offset)
            }
        } catch {
            throw BadArguments(remoteMessage: "\(description.signature) takes an array of arguments")
        }
    }

    mutating func next<Argument: Decodable>(_ type: Argument.Type) throws -> Argument {
        defer { index += 1 }
        guard index < count else {
            if let optional = Argument.self as? any ExpressibleByNilLiteral.Type,
                let missing = optional.nothing as? Argument
            {
                return missing
            }
            throw BadArguments(remoteMessage: "\(description.signature) was given \(count) arguments")
        }
        let name = index < description.arguments.count ? description.arguments[index].name : "argument \(index + 1)"
        do {
            let (argument, end) = try payload.withBytes { bytes in
                var reader = MessagePackReader(bytes, at: offset)
                let raw = try reader.readRaw()
                return (try MessagePackDecoder().decode(Argument.self, from: raw), reader.offset)
            }
            offset = end
            return argument
        } catch {
            throw BadArguments(remoteMessage: "\(description.signature): “\(name)” is no \(Argument.self): \(error)")
        }
    }

    func finish() throws {
        guard count <= index else {
            throw BadArguments(remoteMessage: "\(description.signature) was given \(count) arguments")
        }
    }
}

/// The arguments are not what the method takes; ZeroRPC's own word for it is `TypeError`.
struct BadArguments: RemoteFailure {
    var remoteName: String { RemoteError.badArguments }
    let remoteMessage: String
}

extension ExpressibleByNilLiteral {
    fileprivate static var nothing: Self { nil }
}
