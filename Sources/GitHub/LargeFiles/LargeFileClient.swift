import Curl
import Events
import Git
import GitProtocol
import OpenSSL
import ProviderKit

/// Fetches large files through the Git LFS batch API (git-lfs, `docs/api/batch.md`).
final class LargeFileClient {
    private let repository: RepositoryName
    private let client: RESTClient
    private let token: Secret?
    /// Names the limit that is met.
    private let limit: String
    private let spoolDirectory: String
    /// Where files lie, as far as the server has been asked.
    private var places: [LargeFilePointer: Result<Place, ProviderError>] = [:]

    private struct Place {
        var url: String
        var headers: [(name: String, value: String)]
    }

    /// Most objects of one request; the specification's own recommendation.
    static let maximumBatchCount = 100
    static let maximumAnswerByteCount = 4 << 20

    init(repository: RepositoryName, client: RESTClient, token: Secret?, limit: String, spoolDirectory: String) {
        self.repository = repository
        self.client = client
        self.token = token
        self.limit = limit
        self.spoolDirectory = spoolDirectory
    }

    /// Whether the server has been asked where a file lies.
    func knows(_ pointer: LargeFilePointer) -> Bool { places[pointer] != nil }

    /// Asks where files lie; what the server says of each is kept until it is fetched.
    ///
    /// - Throws: ``ProviderError``.
    func locate(_ pointers: [LargeFilePointer]) throws {
        let objects = pointers.map {
            JSON.object([("oid", .string($0.contentHash.hex)), ("size", .number(String($0.size)))])
        }
        let body = JSON.object([
            ("operation", .string("download")), ("transfers", .array([.string("basic")])),
            ("objects", .array(objects)), ("hash_algo", .string("sha256")),
        ])
        var request = CurlRequest(
            .post(body.bytes), try GitHubURL.page("/\(repository).git/info/lfs/objects/batch", client.settings))
        request.headers = [("Accept", Self.mediaType), ("Content-Type", Self.mediaType)]
        request.credentials = credentials
        request.maxBodyBytes = Self.maximumAnswerByteCount
        let answer = try send(request, into: AnswerBody())
        guard answer.isSuccess else { throw failure(answer, "list of large files") }
        let told = try answer.json()["objects"]?.array ?? []
        let byHash = Dictionary(pointers.map { ($0.contentHash.hex, $0) }) { first, _ in first }
        for object in told {
            guard let pointer = object["oid"]?.string.flatMap({ byHash[$0] }) else { continue }
            places[pointer] = Self.place(object, pointer)
        }
        for pointer in pointers where places[pointer] == nil {
            places[pointer] = .failure(.transient(.incomplete, "the server says nothing of a large file"))
        }
    }

    /// Fetches one file and checks that it is the one.
    ///
    /// - Throws: ``ProviderError``: what the server said of it; hashMismatch where what came is another one.
    func fetch(_ pointer: LargeFilePointer) throws -> AnswerBody {
        guard let place = try places.removeValue(forKey: pointer)?.get() else {
            throw ProviderError.transient(.incomplete, "a large file was not asked for")
        }
        let url: HTTPURL
        do {
            url = try HTTPURL(place.url)
        } catch {
            throw ProviderError.transient(.malformed, "the server names no usable URL for a large file")
        }
        var request = CurlRequest(.get, url)
        request.headers = place.headers
        request.maxBodyBytes = Int(clamping: pointer.size)
        // Another host gets what the server gave for it and nothing else.
        let isOwnHost = url.hasSameOrigin(as: try GitHubURL.page("/", client.settings))
        let hasOwn = place.headers.contains { $0.name.lowercased() == "authorization" }
        request.credentials = isOwnHost && !hasOwn ? credentials : nil
        let body = AnswerBody(spillPath: "\(spoolDirectory)/\(pointer.contentHash.hex).large")
        let answer = try send(request, into: body)
        guard answer.isSuccess else { throw failure(answer, "large file") }
        var digest = Digest(.sha256)
        try body.forEachPiece { digest.update($0) }
        guard body.byteCount == pointer.size, SHA256Hash(digest.finish()) == pointer.contentHash else {
            throw ProviderError.transient(.hashMismatch, "what came for a large file is not what its pointer says")
        }
        return body
    }

    private var credentials: BasicCredentials? {
        token.map { BasicCredentials(user: "x-access-token", password: $0.revealText()) }
    }

    private func send(_ request: CurlRequest, into body: AnswerBody) throws -> RESTAnswer {
        let response = try client.sendApart(request, into: body)
        let words = request.headers.flatMap { $0.value.split(separator: " ").map { Secret(String($0)) } }
        return RESTAnswer(
            status: response.head.status, head: response.head, body: body, hasMoved: false,
            sent: words + (credentials?.secrets ?? []))
    }

    private static func place(_ object: JSON, _ pointer: LargeFilePointer) -> Result<Place, ProviderError> {
        if let error = object["error"] {
            let code = error["code"]?.int64 ?? 0
            return .failure(
                .permanent(
                    code == 404 || code == 410 ? .notFound : .forbidden,
                    "the server does not give the large file \(pointer.contentHash.hex) (error \(code))"))
        }
        guard let download = object["actions"]?["download"], let url = download["href"]?.string else {
            return .failure(
                .permanent(.notFound, "the server does not have the large file \(pointer.contentHash.hex)"))
        }
        let headers = download["header"]?.object?.compactMap { name, value in value.string.map { (name, $0) } }
        return .success(Place(url: url, headers: headers ?? []))
    }

    private func failure(_ answer: RESTAnswer, _ subject: String) -> ProviderError {
        let verdict = QuotaAccount.Verdict(answer.head, words: answer.body.bytes)
        if answer.status == 429 || verdict.pause != nil {
            let now = client.settings.now()
            let time: Timestamp =
                switch verdict.pause {
                case .seconds(let seconds): now.adding(seconds: seconds)
                case .until(let time): time
                case .unsaid, nil: now.adding(seconds: client.settings.quotaLimits.shortestPauseSeconds)
                }
            return ProviderError(
                .rateLimited, .rateLimited, "the server asks to wait before it gives the \(subject)", retryAt: time,
                quota: limit)
        }
        if answer.status == 408 || answer.status >= 500 {
            return .transient(.serverError, "the server answers \(answer.status) for the \(subject)")
        }
        return answer.failure(subject)
    }

    private static let mediaType = "application/vnd.git-lfs+json"
}
