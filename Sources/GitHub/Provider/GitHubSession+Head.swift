import Events
import Git
import GitProtocol
import ProviderKit

/// Where the watched branch is, by the cheapest way that tells.
///
/// | asked because | asked |
/// |---|---|
/// | a webhook came | Git's `ls-refs` alone: no REST |
/// | a poll is due, with a credential | REST with the last ETag, which is free where nothing changed; Git where something did |
/// | anything else | Git's `ls-refs`; and REST for the identity where it is not known, everything is to be read again, or somebody asked and there is something new |
extension GitHubSession {
    func head(since checkpoint: Checkpoint?) async throws -> SourceHead {
        var head = try await unmarkedHead(since: checkpoint)
        let quota = try await access().quota
        head.quota = quota
        head.rateLimit = ledger.rateLimit(of: quota)
        return head
    }

    private func unmarkedHead(since checkpoint: Checkpoint?) async throws -> SourceHead {
        guard settings.transport != .rest else { return try await restHead(checkpoint) }
        do {
            if source.reason == .schedule, let checkpoint, try await !access().isAnonymous {
                return try await polledHead(checkpoint)
            }
            return try await gitHead(checkpoint)
        } catch let error as ProviderError where stepsDown(error) {
            try await stepDown(error)
            return try await restHead(checkpoint)
        }
    }

    // MARK: - Git

    private var wantsIdentity: Bool {
        switch source.reason {
        case .forced, .repair: true
        case .webhook: false
        default: source.identity == nil
        }
    }

    private func gitHead(_ checkpoint: Checkpoint?) async throws -> SourceHead {
        var identity = wantsIdentity ? try await optionalLookup()?.identity : nil
        var head: SourceHead
        do {
            head = try await withGit { try await $0.head(since: checkpoint) }
        } catch let error as ProviderError
            where error.errorClass == .permanent && [.notFound, .forbidden, .malformed].contains(error.code)
        {
            // Git's server does not say whether a repository is gone, has moved, or may not be read.
            let before = repository
            guard let found = try await optionalLookup(), found.name != before else { throw error }
            identity = found.identity
            head = try await withGit { try await $0.head(since: checkpoint) }
        }
        if gitHasMoved && identity == nil { identity = try await optionalLookup()?.identity }
        if identity == nil, head.changed, checkpoint != nil, source.reason != .webhook {
            // Another repository may have taken the name of this one, and no webhook names its number.
            let before = repository
            identity = try await optionalLookup()?.identity
            if repository != before { head = try await withGit { try await $0.head(since: checkpoint) } }
        }
        head.identity = identity
        if !head.changed { head.validator = checkpoint?.validator ?? [] }
        return head
    }

    /// What GitHub knows the repository by; nil where REST cannot tell at the moment, which is no reason for Git to wait.
    ///
    /// - Throws: ``ProviderError`` where REST says that the repository is gone, was taken down, or is another one.
    private func optionalLookup() async throws -> RepositoryLookup? {
        do {
            return try await lookUp()
        } catch let error as ProviderError where ![.notFound, .replaced, .takenDown].contains(error.code) {
            return nil
        }
    }

    // MARK: - Polls

    private func polledHead(_ checkpoint: Checkpoint) async throws -> SourceHead {
        let validator = Validator(checkpoint.validator)
        guard let ref = configuredRef ?? validator?.ref else {
            // The name of the branch is not known yet: Git tells it, and a tag is fetched for the next time.
            var head = try await gitHead(checkpoint)
            if !head.changed, head.ref.starts(with: Self.headsPrefix),
                case .at(checkpoint.commit, let etag?, _) = try await optionalCommit(nil)
            {
                head.validator = Validator(commit: checkpoint.commit, ref: head.ref, etag: etag).bytes
            }
            return head
        }
        let usable = validator.flatMap { $0.commit == checkpoint.commit && $0.ref == ref ? $0.etag : nil }
        switch try await optionalCommit(usable) {
        case .unchanged(let hasMoved):
            return try await unchanged(checkpoint, ref, validator: checkpoint.validator, hasMoved)
        case .at(checkpoint.commit, let etag, let hasMoved):
            let validator = etag.map { Validator(commit: checkpoint.commit, ref: ref, etag: $0).bytes }
            return try await unchanged(checkpoint, ref, validator: validator ?? [], hasMoved)
        case .at(let commit, let etag, _):
            // Another repository may have taken the name of this one.
            let identity = try await optionalLookup()?.identity
            var head = try await gitHead(checkpoint)
            head.identity = identity ?? head.identity
            if head.commit == commit, let etag {
                head.validator = Validator(commit: commit, ref: head.ref, etag: etag).bytes
            }
            return head
        case .empty, nil: return try await gitHead(checkpoint)
        case .missing:
            let identity = try await optionalLookup()?.identity
            var head = try await gitHead(checkpoint)
            head.identity = identity ?? head.identity
            return head
        }
    }

    private func unchanged(
        _ checkpoint: Checkpoint, _ ref: [UInt8], validator: [UInt8], _ hasMoved: Bool
    ) async throws -> SourceHead {
        let wantsIdentity = hasMoved || source.identity == nil
        return SourceHead(
            commit: checkpoint.commit, ref: ref, validator: validator, changed: false,
            identity: wantsIdentity ? try await optionalLookup()?.identity : nil)
    }

    private var configuredRef: [UInt8]? { source.configuration.branch.map { Self.headsPrefix + $0 } }

    private static let headsPrefix = Array("refs/heads/".utf8)

    // MARK: - REST

    private func restHead(_ checkpoint: Checkpoint?) async throws -> SourceHead {
        let validator = (checkpoint?.validator).flatMap { Validator($0) }
        var found: RepositoryLookup?
        if wantsIdentity || source.identity == nil || configuredRef == nil && validator == nil {
            found = try await lookUp()
        }
        let expected = configuredRef ?? found?.defaultRef ?? validator?.ref
        let usable = validator.flatMap { $0.commit == checkpoint?.commit && $0.ref == expected ? $0.etag : nil }
        let answer = try await commit(usable)
        if found == nil, answer.wantsLookup(since: checkpoint) { found = try await lookUp() }
        let ref = configuredRef ?? found?.defaultRef ?? validator?.ref ?? []
        switch answer {
        case .unchanged:
            return SourceHead(
                commit: checkpoint?.commit, ref: ref, validator: checkpoint?.validator ?? [], changed: false,
                identity: found?.identity)
        case .at(let commit, let etag, _):
            return SourceHead(
                commit: commit, ref: ref,
                validator: etag.map { Validator(commit: commit, ref: ref, etag: $0).bytes } ?? [],
                changed: commit != checkpoint?.commit, identity: found?.identity)
        case .empty:
            return SourceHead(
                commit: nil, ref: ref, changed: checkpoint?.commit != .zero, identity: found?.identity)
        case .missing:
            let branch = source.configuration.branch.map { String(decoding: $0, as: UTF8.self) } ?? "HEAD"
            throw ProviderError.permanent(
                .notFound, "\(repository) has no branch \(branch): `repo set --branch` changes it")
        }
    }

    /// What `GET /repos/…/commits/{ref}` says.
    private enum AskedCommit {
        case unchanged(hasMoved: Bool)
        case at(SHA1Hash, etag: String?, hasMoved: Bool)
        /// The repository has no commit.
        case empty
        /// There is no such branch, or no such repository.
        case missing

        /// Whether the repository's own record is worth a request.
        func wantsLookup(since checkpoint: Checkpoint?) -> Bool {
            switch self {
            case .unchanged(let hasMoved): hasMoved
            case .at(let commit, _, let hasMoved): hasMoved || commit != checkpoint?.commit
            case .empty: false
            case .missing: true
            }
        }
    }

    /// As ``commit(_:)``; nil where REST cannot tell at the moment.
    private func optionalCommit(_ etag: String?) async throws -> AskedCommit? {
        do {
            return try await commit(etag)
        } catch let error as ProviderError where error.code != .takenDown {
            return nil
        }
    }

    /// - Throws: ``ProviderError``.
    private func commit(_ etag: String?) async throws -> AskedCommit {
        let branch = source.configuration.branch.map { "heads/" + String.percentEncoded($0, keepingSlashes: true) }
        var request = RESTRequest("\(apiPath)/commits/\(branch ?? "HEAD")", media: .sha)
        request.ifNoneMatch = etag
        let answer = try await client.send(request, as: try await access())
        switch answer.status {
        case 200:
            let text = String(decoding: answer.body.bytes.prefix(40), as: UTF8.self)
            guard let commit = SHA1Hash(hex: text) else {
                throw ProviderError.transient(.malformed, "GitHub does not answer with a commit's id")
            }
            return .at(commit, etag: answer.etag, hasMoved: answer.hasMoved)
        case 304: return .unchanged(hasMoved: answer.hasMoved)
        case 404, 422: return .missing
        case 409: return .empty
        default: throw answer.failure("branch of \(repository)")
        }
    }
}
