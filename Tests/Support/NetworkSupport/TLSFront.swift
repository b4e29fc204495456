import CTestTLS
import Foundation
import Synchronization

/// Ends TLS in front of a server on loopback, as a proxy does in front of a real one.
///
/// `@unchecked Sendable`: an `SSL_CTX` may be used by many threads once it is set up, and is freed with the last of them.
public final class TLSFront: @unchecked Sendable {
    private let context: OpaquePointer
    private let listener: Mutex<Listener?>
    private let counts = Mutex(0)

    /// - Parameter port: where the server listens.
    public init(before port: Int) throws {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw POSIXError(.ENOMEM) }
        self.context = context
        listener = Mutex(nil)
        let certificate = Self.bio(TestCertificates.server)
        let key = Self.bio(TestCertificates.serverKey)
        defer {
            BIO_free(certificate)
            BIO_free(key)
        }
        let x509 = PEM_read_bio_X509(certificate, nil, nil, nil)
        let privateKey = PEM_read_bio_PrivateKey(key, nil, nil, nil)
        defer {
            X509_free(x509)
            EVP_PKEY_free(privateKey)
        }
        guard SSL_CTX_use_certificate(context, x509) == 1, SSL_CTX_use_PrivateKey(context, privateKey) == 1 else {
            throw POSIXError(.EINVAL)
        }
        let started = try Listener { [self] connection in serve(connection, port) }
        listener.withLock { $0 = started }
    }

    deinit { SSL_CTX_free(context) }

    public var port: Int { listener.withLock { $0?.port ?? 0 } }
    public var url: String { "https://127.0.0.1:\(port)" }
    /// Handshakes that succeeded.
    public var count: Int { counts.withLock { $0 } }

    public func stop() {
        let stopped = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        stopped?.stop()
    }

    private static func bio(_ text: String) -> OpaquePointer? {
        let bio = BIO_new(BIO_s_mem())
        _ = text.withCString { BIO_puts(bio, $0) }
        return bio
    }

    private func serve(_ connection: Int32, _ port: Int) {
        let ssl = SSL_new(context)
        defer { SSL_free(ssl) }
        SSL_set_fd(ssl, connection)
        guard SSL_accept(ssl) == 1, let upstream = connectToLoopback(port: port) else { return }
        defer { close(upstream) }
        counts.withLock { $0 += 1 }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var waits = [
                pollfd(fd: connection, events: Int16(POLLIN), revents: 0),
                pollfd(fd: upstream, events: Int16(POLLIN), revents: 0),
            ]
            guard SSL_pending(ssl) > 0 || poll(&waits, 2, -1) > 0 else { return }
            if SSL_pending(ssl) > 0 || waits[0].revents != 0 {
                let count = SSL_read(ssl, &buffer, Int32(buffer.count))
                guard count > 0, sendAll(upstream, buffer[..<Int(count)]) else { return }
            }
            if waits[1].revents != 0 {
                let count = recv(upstream, &buffer, buffer.count, 0)
                guard count > 0, SSL_write(ssl, buffer, Int32(count)) > 0 else {
                    SSL_shutdown(ssl)
                    return
                }
            }
        }
    }
}
