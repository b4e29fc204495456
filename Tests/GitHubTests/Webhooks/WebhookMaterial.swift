import Foundation
import GitHub
import OpenSSL
import ProviderKit

/// What the tests of webhooks share.
enum WebhookMaterial {
    /// The folder of recorded payloads; nil where this checkout has none.
    static let folder: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let shared =
            ProcessInfo.processInfo.environment["INGESTOR_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        let folder = shared.appendingPathComponent("data/webhook-examples").path
        return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }()

    struct Payload {
        /// `push/payload`: the event, and the file's name without its endings.
        var name: String
        var event: String
        var body: [UInt8]
    }

    static func payloads() throws -> [Payload] {
        guard let folder else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().compactMap { path in
            let parts = path.split(separator: "/")
            guard path.hasSuffix(".json"), parts.count == 2 else { return nil }
            let name = path.replacing(".payload.json", with: "").replacing("payload.json", with: "")
            let body = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + path)))
            return Payload(name: name, event: String(parts[0]), body: body)
        }
    }

    static func headers(event: String, delivery: String = "72d3162e-cc78-11e3-81ab-4c9367dc0958") -> WebhookHeaders {
        WebhookHeaders([(name: "x-github-event", value: event), (name: "x-github-delivery", value: delivery)])
    }

    static func seed(_ name: String) -> UInt64 {
        let seed =
            ProcessInfo.processInfo.environment["INGESTOR_TEST_SEED"].flatMap { UInt64($0) }
            ?? UInt64(Date().timeIntervalSince1970 * 1000)
        print("\(name): seed \(seed)")
        return seed
    }
}

extension GitHubWebhookReceiver {
    func decode(_ body: [UInt8], _ headers: WebhookHeaders) throws -> WebhookReport {
        try body.withUnsafeBytes { try decode(body: $0, headers: headers) }
    }

    func verify(_ body: [UInt8], signature: String?) -> WebhookSignature {
        let fields = signature.map { [(name: "X-Hub-Signature-256", value: $0)] } ?? []
        return body.withUnsafeBytes { verify(body: $0, headers: WebhookHeaders(fields)) }
    }
}

/// The header of a body that was signed.
func signature(_ body: [UInt8], _ secret: String) -> String {
    let code = HMACSHA256.authenticate(key: Array(secret.utf8), message: body)
    return "sha256=" + code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
