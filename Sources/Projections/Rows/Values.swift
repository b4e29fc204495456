import Events

/// The values of events that deltas and rows hold. Deltas are never stored, so nothing of them is sealed.
extension [UInt8] {
    mutating func put(_ failure: Failure) {
        put(failure.errorClass.rawValue)
        append(text: failure.code)
        put(optional: failure.retryAt)
        append(text: failure.message)
        append(text: failure.quota)
    }

    mutating func put(_ limit: RateLimit) {
        put(limit.limit)
        put(limit.remaining)
        put(limit.resetAt)
    }
}

extension ByteReader {
    mutating func failure() throws(DecodingFailure) -> Failure {
        let number = try uint32()
        guard let errorClass = ErrorClass(rawValue: number) else {
            throw DecodingFailure("error class \(number) is unknown")
        }
        let code = try text()
        let retryAt = try optionalTime()
        return Failure(errorClass, code: code, message: try text(), retryAt: retryAt, quota: try text())
    }

    mutating func rateLimit() throws(DecodingFailure) -> RateLimit {
        RateLimit(limit: try uint64(), remaining: try uint64(), resetAt: try timestamp())
    }

    mutating func configuration() throws(DecodingFailure) -> RepositoryConfiguration {
        let open = try string()
        let sealed = try string()
        var openReader = ByteReader(open.span.bytes)
        var sealedReader = ByteReader(sealed.span.bytes)
        return try RepositoryConfiguration(open: &openReader, sealed: &sealedReader)
    }
}

extension RepositoryConfiguration {
    func encode(into bytes: inout [UInt8]) {
        var open: [UInt8] = []
        var sealed: [UInt8] = []
        encode(open: &open, sealed: &sealed)
        bytes.put(string: open)
        bytes.put(string: sealed)
    }
}
