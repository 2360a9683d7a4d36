extension MessagePackReader {
    /// Steps over the next value and all that is in it, and so checks its form, depth, count and size.
    ///
    /// The text of strings and the insides of extensions are not looked at.
    public mutating func skipValue() throws(MessagePackError) {
        let start = offset
        var budget = limits.maximumCount
        do throws(MessagePackError) {
            try skip(depth: 0, owed: 0, budget: &budget)
            guard offset - start <= limits.maximumBytes else { throw tooLong(offset - start, at: start) }
        } catch {
            advance(start - offset)
            throw error
        }
    }

    /// Takes the next value and returns the bytes that encode it, in place.
    public mutating func readRaw() throws(MessagePackError) -> UnsafeRawBufferPointer {
        let start = offset
        try skipValue()
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }

    func tooLong(_ count: Int, at start: Int) -> MessagePackError {
        MessagePackError(
            .sizeExceeded, "the message has \(count) bytes, more than the limit of \(limits.maximumBytes)",
            offset: start)
    }

    /// Recursion is bounded by the depth limit. `owed` is how many values the enclosing containers still have to
    /// come: all of them together must fit the bytes that are left.
    private mutating func skip(depth: Int, owed: Int, budget: inout Int) throws(MessagePackError) {
        budget -= 1
        guard budget >= 0 else { throw tooMany() }
        let byte = try peekByte()
        switch byte {
        case Format.positiveFixInts, Format.negativeFixInts, Format.null, Format.no, Format.yes:
            advance(1)
        case Format.fixStrings:
            try skip(bytes: 1 + Int(byte & 0x1f))
        case Format.fixArrays:
            try skipContainer(header: 1, Int(byte & 0x0f), depth, owed, &budget)
        case Format.fixMaps:
            try skipContainer(header: 1, 2 * Int(byte & 0x0f), depth, owed, &budget)
        case Format.uint8, Format.int8: try skip(bytes: 2)
        case Format.uint16, Format.int16, Format.fixExt1: try skip(bytes: 3)
        case Format.uint32, Format.int32, Format.float32: try skip(bytes: 5)
        case Format.uint64, Format.int64, Format.float64: try skip(bytes: 9)
        case Format.string8, Format.binary8: try skip(bytes: 2 + Int(load(UInt8.self)))
        case Format.string16, Format.binary16: try skip(bytes: 3 + Int(load(UInt16.self)))
        case Format.string32, Format.binary32: try skip(bytes: 5 + Int(load(UInt32.self)))
        case Format.fixExt2: try skip(bytes: 4)
        case Format.fixExt4: try skip(bytes: 6)
        case Format.fixExt8: try skip(bytes: 10)
        case Format.fixExt16: try skip(bytes: 18)
        case Format.ext8: try skip(bytes: 3 + Int(load(UInt8.self)))
        case Format.ext16: try skip(bytes: 4 + Int(load(UInt16.self)))
        case Format.ext32: try skip(bytes: 6 + Int(load(UInt32.self)))
        case Format.array16:
            try skipContainer(header: 3, Int(load(UInt16.self)), depth, owed, &budget)
        case Format.array32:
            try skipContainer(header: 5, Int(load(UInt32.self)), depth, owed, &budget)
        case Format.map16:
            try skipContainer(header: 3, 2 * Int(load(UInt16.self)), depth, owed, &budget)
        case Format.map32:
            try skipContainer(header: 5, 2 * Int(load(UInt32.self)), depth, owed, &budget)
        default: throw reservedByte()
        }
    }

    @inline(__always)
    private mutating func skip(bytes count: Int) throws(MessagePackError) {
        guard count <= remaining else { throw truncated(needs: count) }
        advance(count)
    }

    private mutating func skipContainer(
        header: Int, _ count: Int, _ depth: Int, _ owed: Int, _ budget: inout Int
    ) throws(MessagePackError) {
        guard depth < limits.maximumDepth else { throw tooDeep() }
        guard count + owed <= remaining - header else { throw truncated(needs: header + count + owed) }
        guard count <= budget else { throw tooMany() }
        advance(header)
        var left = count
        while left > 0 {
            left -= 1
            try skip(depth: depth + 1, owed: owed + left, budget: &budget)
        }
    }

    private func tooDeep() -> MessagePackError {
        MessagePackError(
            .depthExceeded, "arrays and maps are nested deeper than the limit of \(limits.maximumDepth)", offset: offset
        )
    }

    private func tooMany() -> MessagePackError {
        MessagePackError(
            .countExceeded, "the message holds more than the limit of \(limits.maximumCount) values", offset: offset)
    }
}
