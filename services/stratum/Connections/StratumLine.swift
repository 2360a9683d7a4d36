internal import Stratum

/// The few lines that the server says to those who have no session.
enum StratumLine {
    /// `client.show_message`; the text is plain ASCII without quotes and backslashes.
    static func showMessage(_ text: String) -> [UInt8] {
        Array(#"{"id":null,"method":"client.show_message","params":["\#(text)"]}"#.utf8) + [0x0a]
    }

    /// An error that answers no request in particular; the text is plain ASCII without quotes and backslashes.
    static func error(_ code: StratumError.Code, _ text: String) -> [UInt8] {
        Array(#"{"id":null,"result":null,"error":[\#(code.rawValue),"\#(text)",null]}"#.utf8) + [0x0a]
    }
}
