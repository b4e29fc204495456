import CCurl

/// What libcurl's callbacks work on during one request.
final class Transfer {
    private(set) var head = CurlHead()
    /// What ended the request from this side.
    private(set) var failure: (any Error)?
    private let maxBodyBytes: Int
    private let maxHeaderBytes: Int
    private let isCancelled: () -> Bool
    private let body: (CurlHead, UnsafeRawBufferPointer) throws -> Void
    private var bodyBytes = 0
    private var headerBytes = 0

    init(
        maxBodyBytes: Int, maxHeaderBytes: Int, isCancelled: @escaping () -> Bool,
        body: @escaping (CurlHead, UnsafeRawBufferPointer) throws -> Void
    ) {
        self.maxBodyBytes = maxBodyBytes
        self.maxHeaderBytes = maxHeaderBytes
        self.isCancelled = isCancelled
        self.body = body
    }

    /// Registers the callbacks. The handle must be reset before this object goes.
    func attach(to handle: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        ccurl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
        ccurl_set_long(handle, CURLOPT_NOPROGRESS, 0)
        ccurl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Transfer.from(context)?.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        ccurl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Transfer.from(context)?.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
        }
        ccurl_set_progress_callback(handle) { context, _, _, _, _ in
            Transfer.from(context)?.isCancelled() == true ? 1 : 0
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Returns how much was taken; less than all of it ends the request.
    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count <= maxBodyBytes - bodyBytes else {
            return fail(CurlError(.tooLarge, "the answer has more than \(maxBodyBytes) bytes"))
        }
        bodyBytes += bytes.count
        do {
            try body(head, bytes)
            return bytes.count
        } catch {
            return fail(error)
        }
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= maxHeaderBytes else {
            return fail(CurlError(.tooLarge, "the answer's headers have more than \(maxHeaderBytes) bytes"))
        }
        let line = String(decoding: bytes, as: UTF8.self).trimmingLineEnd()
        if line.hasPrefix("HTTP/") {
            // Each answer begins anew: redirects and "100 Continue" come before the one that counts.
            head = CurlHead()
            head.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            head.headers.append((String(line[..<colon]), String(value)))
        }
        return bytes.count
    }

    private func fail(_ error: any Error) -> Int {
        failure = error
        return 0
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> Substring {
        var line = self[...]
        // "\r\n" is one Character.
        while let last = line.last, last.isNewline || last == " " || last == "\t" { line.removeLast() }
        return line
    }
}
