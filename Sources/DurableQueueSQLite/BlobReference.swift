/// Where bytes are: a part of a row of the table `<prefix>blob`, which has the columns `id` and `bytes`.
public struct BlobReference: Hashable, Codable, Sendable {
    /// The row.
    public let blob: Int64
    /// Where the part begins, in bytes.
    public let offset: Int
    /// How long it is, in bytes.
    public let length: Int

    /// A reference from its parts.
    public init(blob: Int64, offset: Int, length: Int) {
        self.blob = blob
        self.offset = offset
        self.length = length
    }

    /// A part of what this refers to.
    ///
    /// - Parameters:
    ///   - offset: from the beginning of this part.
    ///   - length: the part has to lie within this one.
    public func part(offset: Int, length: Int) -> BlobReference {
        precondition(
            offset >= 0 && length >= 0 && offset + length <= self.length,
            "bytes \(offset)..<\(offset + length) are not within the \(self.length) that are referred to")
        return BlobReference(blob: blob, offset: self.offset + offset, length: length)
    }
}
