package import Curl
import Events
import GitProtocol
package import ProviderKit

/// The connection to one repository: what is asked, in the words of ``GitProtocol``, and its errors in those of providers.
final class GitServerConnection {
    private let url: String
    private let credentials: BasicCredentials?
    private let settings: GitSettings
    private var opened: SmartHTTPSession?

    init(url: String, credentials: BasicCredentials? = nil, settings: GitSettings) {
        self.url = url
        self.credentials = credentials
        self.settings = settings
    }

    /// Whether the server redirected to another place.
    var hasMoved: Bool { opened?.movedTo != nil }

    /// Requests and bytes so far.
    var traffic: Traffic {
        guard let used = opened?.traffic else { return Traffic() }
        return Traffic(
            requests: UInt64(used.requestCount), bytesReceived: UInt64(used.receivedBytes),
            bytesSent: UInt64(used.sentBytes))
    }

    /// Whether the server can leave contents out of an answer.
    var filters: Bool {
        get throws { try translated { try $0.capabilities().hasFilter } }
    }

    /// Where the watched branch is; nil where the repository has no commit.
    ///
    /// - Parameter branch: nil for the one that HEAD names.
    func head(branch: [UInt8]?) throws -> (ref: [UInt8], commit: ObjectID?) {
        guard let branch else {
            let refs = try translated { try $0.listRefs(prefixes: ["HEAD"]) }
            guard let head = refs.ref("HEAD") else { return ([], nil) }
            return (Array((head.target ?? "HEAD").utf8), head.id)
        }
        let name = "refs/heads/" + String(decoding: branch, as: UTF8.self)
        let refs = try translated { try $0.listRefs(prefixes: [name]) }
        guard let ref = refs.ref(name), let id = ref.id else {
            throw ProviderError.permanent(
                .notFound,
                "\(url) has no branch \(String(decoding: branch, as: UTF8.self)): `repo set --branch` changes it")
        }
        return (ref.nameBytes, id)
    }

    /// Fetches a pack into the spool.
    ///
    /// - Throws: ``WantRefused`` where the server no longer has what was asked for, ``FetchFault`` where another way of
    ///   fetching may do, ``ProviderError``; and what the spool throws.
    func fetch(_ request: GitRequest, into spool: PackSpool) throws {
        let fetch: FetchRequest =
            switch request {
            case .plain(let commit): .snapshot(commit)
            case .incremental(let commit, let since): .incremental(from: since, to: commit)
            case .partial(let commit): .withoutBlobs(commit)
            case .objects(let ids): .objects(ids)
            }
        do {
            _ = try session().fetch(fetch, into: spool)
        } catch let error as RemoteError {
            switch (error.code, request) {
            // Some servers never serve an object by its id; then everything has to be asked for.
            case (.notOurRef, .objects), (.refused, .objects), (.refused, .incremental), (.capabilityMissing, _):
                throw FetchFault(providerError(error))
            case (.notOurRef, _): throw WantRefused()
            default: throw providerError(error)
            }
        }
    }

    private func session() throws -> SmartHTTPSession {
        if let opened { return opened }
        var curl = CurlSettings()
        curl.certificateFile = settings.certificateFile
        curl.proxy = settings.proxy
        curl.addresses = settings.addresses
        curl.furtherHeaders = { TraceContext.headers }
        let session: SmartHTTPSession
        do {
            session = try SmartHTTPSession(
                url: try HTTPURL(url), credentials: credentials, settings: curl, isCancelled: { Task.isCancelled })
        } catch let error as CurlError {
            throw ProviderError.permanent(.invalidLocator, error.message)
        } catch let error as RemoteError {
            throw providerError(error)
        }
        opened = session
        return session
    }

    private func translated<R>(_ body: (SmartHTTPSession) throws -> R) throws -> R {
        do {
            return try body(try session())
        } catch let error as RemoteError {
            throw providerError(error)
        }
    }

    /// Most characters that an error repeats, a server's own words included.
    private static let messageLength = 500

    private func providerError(_ error: RemoteError) -> ProviderError {
        let code = Self.code(of: error)
        let message = error.message.hiding(credentials?.secrets ?? [], cutAt: Self.messageLength)
        switch error.disposition {
        case .permanent: return .permanent(code, message)
        case .transient: return ProviderError(.transient, code, message, retryAt: retryAt(error.retryAfter))
        case .rateLimited(let after): return ProviderError(.rateLimited, code, message, retryAt: retryAt(after))
        }
    }

    private func retryAt(_ after: RemoteError.RetryAfter?) -> Timestamp? {
        switch after {
        case nil: nil
        case .seconds(let seconds): settings.now().adding(seconds: Double(seconds))
        case .date(let seconds): Timestamp(seconds: seconds)
        }
    }

    private static func code(of error: RemoteError) -> ProviderError.Code {
        switch error.code {
        case .transport: (error.cause as? CurlError).map { code(of: $0) } ?? .unreachable
        case .unauthorized, .forbidden: .forbidden
        case .notFound: .notFound
        case .rateLimited: .rateLimited
        case .serverFailed, .remoteFailed: .serverError
        case .protocolTooOld, .sha256Repository, .capabilityMissing, .notGit: .unsupported
        case .truncatedAnswer: .cut
        case .refused, .notOurRef: .incomplete
        default: .malformed
        }
    }

    private static func code(of error: CurlError) -> ProviderError.Code {
        switch error.code {
        case .timedOut: .timeout
        case .cutOff: .cut
        case .malformedAnswer: .malformed
        case .tooLarge: .limitExceeded
        case .badURL: .invalidLocator
        case .refusedAddress: .refusedAddress
        default: .unreachable
        }
    }
}

extension BasicCredentials {
    /// What must not be repeated of them: the password, and the form in which it is sent.
    package var secrets: [Secret] {
        [Secret(Base64.encode(Array("\(user):\(password)".utf8))), Secret(password)]
    }
}
