/// What a method says of itself; `_zerorpc_inspect` and `headframe inspect` show it.
public struct MethodDescription: Sendable, Hashable {
    /// One argument.
    public struct Argument: Sendable, Hashable, ExpressibleByStringLiteral {
        /// Its name.
        public var name: String
        /// Whether it may be left out.
        public var isOptional: Bool

        /// Names an argument.
        public init(_ name: String, isOptional: Bool = false) {
            self.name = name
            self.isOptional = isOptional
        }

        /// Names an argument; a question mark at the end makes it one that may be left out.
        public init(stringLiteral text: String) {
            self.init(text.hasSuffix("?") ? String(text.dropLast()) : text, isOptional: text.hasSuffix("?"))
        }
    }

    /// Its name, without a leading underscore.
    public var name: String
    /// What it does, in a sentence or more.
    public var documentation: String
    /// What it takes, in order.
    public var arguments: [Argument]

    /// Describes a method.
    public init(name: String, documentation: String, arguments: [Argument]) {
        self.name = name
        self.documentation = documentation
        self.arguments = arguments
    }

    /// As it would be written: `job(id)`.
    public var signature: String {
        "\(name)(\(arguments.map { $0.isOptional ? "\($0.name)=None" : $0.name }.joined(separator: ", ")))"
    }
}
