internal import MessagePack
internal import Testing

@testable internal import Mesh

/// What a caller is told of a peer's error, whatever the peer made of it.
@Suite struct RemoteErrorTests {
    private func read(_ value: MessagePackValue) throws -> RemoteError {
        var writer = MessagePackWriter()
        try writer.writeValue(value)
        return RemoteError(decoding: Payload(writer.bytes))
    }

    @Test func nameMessageAndTracebackAreRead() throws {
        let error = try read(.array([.string("ValueError"), .string("too high"), .string("line 1")]))
        #expect(error.name == "ValueError" && error.message == "too high" && error.traceback == "line 1")
    }

    @Test func oneStringIsTheMessage() throws {
        let error = try read(.array([.string("too high")]))
        #expect(error.name == "Error" && error.message == "too high" && error.traceback == nil)
    }

    /// Python sends whatever the exception was made of.
    @Test func whatIsNoTextIsShownAsItIs() throws {
        #expect(try read(.array([.string("KeyError"), .int(7), .null])).message == "7")
        #expect(try read(.array([.int(404)])).message == "404")
        #expect(try read(.string("too high")).message == "too high")
        #expect(try read(.array([])).message == "an error without words")
    }

    /// It is read on the I/O thread: printing a container as large as a message would hold that up for seconds.
    @Test func whatIsLargeIsNamedByItsSize() throws {
        #expect(try read(.array([.string("E"), .binary([1, 2, 3])])).message == "3 bytes")
        #expect(try read(.array([.string("E"), .array([.int(1), .int(2)])])).message == "an array of 2")
        #expect(try read(.array([.string("E"), .map(["a": .int(1)])])).message == "a map of 1")
    }

    @Test func whatCannotBeReadIsSaid() {
        let error = RemoteError(decoding: Payload([0x92, 0xa5, 0x41]))
        #expect(error.name == "Error")
        #expect(error.message.hasPrefix("the peer answered with an error that cannot be read: "))
        #expect(error.message.count > "the peer answered with an error that cannot be read: ".count)
    }
}
