extension RedisError {
    static func notConnected(_ command: String, _ cause: RedisError?) -> RedisError {
        let why = cause.map { $0.message } ?? "the first one is still being made"
        return RedisError(code: .notConnected, message: "\(command) was not sent, there is no connection: \(why)")
    }

    static func brokenAfterSending(_ command: String, _ cause: RedisError) -> RedisError {
        RedisError(
            code: .mayHaveBeenApplied,
            message: "\(command) was sent and may have been applied, but no answer came: \(cause.message)")
    }

    static func unanswered(_ command: String, _ address: RedisAddress) -> RedisError {
        RedisError(
            code: .timeout,
            message: "\(command) had no answer from Redis at \(address) before its deadline; it may have been applied")
    }

    static func cancelled(_ command: String, sent: Bool) -> RedisError {
        RedisError(
            code: .cancelled,
            message:
                "\(command) was cancelled\(sent ? " after it was sent; it may have been applied" : "; it was not sent")"
        )
    }

    static func overloaded(_ command: String, _ pending: Int) -> RedisError {
        RedisError(
            code: .overloaded,
            message:
                "\(command) was not sent, \(pending) commands are waiting for answers; slow down or raise the limits")
    }

    static func closed(_ command: String) -> RedisError {
        RedisError(code: .closed, message: "\(command) was not sent: the Redis client has ended")
    }

    static func closedAfterSending(_ command: String) -> RedisError {
        RedisError(
            code: .mayHaveBeenApplied,
            message: "\(command) was sent and may have been applied, but the Redis client ended before the answer")
    }
}

extension RedisValue {
    /// Whether it is a message of a subscription and not the reply to a command.
    var isSubscriptionMessage: Bool {
        guard case .array(let elements) = self, case .bytes(let kind)? = elements.first else { return false }
        return (elements.count == 3 && kind.elementsEqual("message".utf8))
            || (elements.count == 4 && kind.elementsEqual("pmessage".utf8))
    }
}
