import Curl
import ProviderKit

/// One request to the REST API.
struct RESTRequest {
    enum Media: String {
        case json = "application/vnd.github+json"
        /// Of a commit its id alone.
        case sha = "application/vnd.github.sha"
        /// Of a blob its bytes.
        case raw = "application/vnd.github.raw+json"
    }

    /// Nil for a read; else the body of a POST, JSON.
    var body: [UInt8]?
    /// Behind the API's URL, percent-encoded, such as `/repos/octo/hello`; or a whole URL that an answer named.
    var path: String
    var media = Media.json
    var ifNoneMatch: String?
    /// Longer answers are an error.
    var maximumByteCount = Self.maximumJSONByteCount
    /// Where an answer goes that is too long for memory.
    var spillPath: String?

    /// GitHub cuts a tree at 7 MB; other servers may be more generous.
    static let maximumJSONByteCount = 64 << 20

    init(_ path: String, media: Media = .json) {
        self.path = path
        self.media = media
    }

    /// The points that it costs of the secondary limit.
    var points: Int { body == nil ? 1 : 5 }
}

/// An answer of the REST API, of whatever status is not an error of the transport.
struct RESTAnswer {
    let status: Int
    let head: CurlHead
    let body: AnswerBody
    /// A permanent redirect led here: the repository has another name now.
    let hasMoved: Bool
    /// Secrets that the request held, which are kept out of what is repeated of the answer.
    let sent: [Secret]

    var isSuccess: Bool { (200...299).contains(status) }
    var etag: String? { head.value(of: "ETag") }

    /// The body as JSON.
    ///
    /// - Parameter selection: the fields that are wanted.
    /// - Throws: ``ProviderError`` (malformed, limitExceeded).
    func json(_ selection: JSONSelection = .everything) throws(ProviderError) -> JSON {
        do {
            return try JSON(validating: body.bytes, selection: selection)
        } catch {
            guard error.code != .tooManyValues else {
                throw .permanent(.limitExceeded, "GitHub's answer has more values than are taken")
            }
            throw .transient(.malformed, "GitHub's answer is no JSON: a proxy may have given it in its place")
        }
    }

    /// The URL of the next page, where the answer names one (RFC 8288).
    var nextPage: String? {
        for link in head.value(of: "Link")?.split(separator: ",") ?? [] {
            let parts = link.split(separator: ";").map { $0.drop { $0 == " " } }
            guard let target = parts.first, target.first == "<", target.last == ">",
                parts.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" })
            else { continue }
            return String(target.dropFirst().dropLast())
        }
        return nil
    }
}

extension String {
    /// Percent-encoded as a part of a URL's path; slashes stay.
    var percentEncodedPath: String { Self.percentEncoded(utf8, keepingSlashes: true) }

    /// Percent-encoded as a value in a query or a form.
    var percentEncodedValue: String { Self.percentEncoded(utf8, keepingSlashes: false) }

    /// RFC 3986: everything but the unreserved characters.
    static func percentEncoded(_ bytes: some Sequence<UInt8>, keepingSlashes: Bool) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            case UInt8(ascii: "/") where keepingSlashes: encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
