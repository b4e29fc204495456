import Events
import ProviderKit
import Synchronization

/// A source of many repositories in memory: each at a commit, with faults on demand. Its content is empty, since what is
/// tested here is when it is read.
final class FakeHub: Provider, Sendable {
    struct Repository {
        var externalID: UInt64
        var commit: SHA1Hash
        var isPrivate = true
        var isGone = false
    }

    struct State {
        var repositories: [[UInt8]: Repository] = [:]
        /// What `head` throws, by repository; nil under "" is for all.
        var failures: [[UInt8]: ProviderError] = [:]
        /// Which repository was asked, in order, and why.
        var heads: [(source: [UInt8], reason: SyncReason)] = []
        var reads = 0
        /// Reading waits for `release`.
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        /// What a repository is read with; "token" where nothing else is said.
        var quotas: [[UInt8]: String] = [:]
        /// Limits that let nothing through, or nothing but what is asked for.
        var pauses: [String: (until: Timestamp, isForPollsAlone: Bool)] = [:]
        /// Tells who it is when it is asked for anything but a webhook.
        var tellsIdentity = true
    }

    let state = Mutex(State())
    let name = "hub"
    let capabilities: ProviderCapabilities = [.incremental, .push]

    static func commit(_ number: Int) -> SHA1Hash {
        var bytes = [UInt8](repeating: 0, count: SHA1Hash.byteCount)
        withUnsafeBytes(of: UInt64(number + 1).bigEndian) { bytes.replaceSubrange(0..<8, with: $0) }
        return SHA1Hash(bytes) ?? .zero
    }

    static func locator(_ name: String) -> Locator { Locator(provider: "hub", source: Array(name.utf8)) }

    func set(_ name: String, externalID: UInt64, at commit: Int) {
        state.withLock {
            $0.repositories[Array(name.utf8)] = Repository(externalID: externalID, commit: Self.commit(commit))
        }
    }

    func fail(_ name: String, with error: ProviderError?) { state.withLock { $0.failures[Array(name.utf8)] = error } }

    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func heads(of name: String) -> Int { state.withLock { $0.heads.count { $0.source == Array(name.utf8) } } }

    func normalize(_ locator: Locator) throws -> Locator {
        Locator(
            provider: locator.provider, source: Array(String(decoding: locator.source, as: UTF8.self).lowercased().utf8)
        )
    }

    func session(with source: Source) throws -> any ProviderSession { Session(hub: self, source: source) }

    func quotas(of tenant: TenantID, for locator: Locator) async throws -> [String] {
        [state.withLock { $0.quotas[locator.source] ?? "token" }]
    }

    func pause(of quota: String, for reason: SyncReason, at now: Timestamp) -> LimitPause? {
        guard let pause = state.withLock({ $0.pauses[quota] }), pause.until > now,
            reason == .schedule || !pause.isForPollsAlone
        else { return nil }
        return LimitPause(limit: quota, until: pause.until)
    }

    private struct Session: ProviderSession {
        let hub: FakeHub
        let source: Source

        var traffic: Traffic { Traffic(requests: 1) }

        func head(since checkpoint: Checkpoint?) async throws -> SourceHead {
            let found = try hub.state.withLock { state in
                state.heads.append((source.locator.source, source.reason))
                if let error = state.failures[source.locator.source] ?? state.failures[[]] { throw error }
                // Known by its number, it is found under whatever name it has.
                let byNumber = state.repositories.first { $0.value.externalID == source.identity?.externalID }
                let byName = state.repositories[source.locator.source].map { (source.locator.source, $0) }
                guard
                    let found = (source.reason == .webhook ? byName : nil) ?? byNumber.map({ ($0.key, $0.value) })
                        ?? byName,
                    !found.1.isGone
                else { throw ProviderError.permanent(.notFound, "there is no such repository") }
                return (name: found.0, repository: found.1, tellsIdentity: state.tellsIdentity)
            }
            var head = SourceHead(
                commit: found.repository.commit, ref: Array("refs/heads/main".utf8),
                changed: checkpoint?.commit != found.repository.commit,
                quota: hub.state.withLock { $0.quotas[source.locator.source] ?? "token" })
            if found.tellsIdentity, source.reason != .webhook {
                head.identity = SourceIdentity(
                    externalID: found.repository.externalID, locator: Locator(provider: "hub", source: found.name),
                    isPrivate: found.repository.isPrivate)
            }
            return head
        }

        func observe(
            _ head: SourceHead, known: any KnownContent, into sink: any ObservationSink
        ) async throws -> Observation {
            await withCheckedContinuation { continuation in
                let isFree = hub.state.withLock { state in
                    state.reads += 1
                    if state.isHeld { state.held.append(continuation) }
                    return !state.isHeld
                }
                if isFree { continuation.resume() }
            }
            try Task.checkCancellation()
            let commit = head.commit ?? .zero
            return Observation(commit: commit, tree: commit)
        }

        func identifiers(at head: SourceHead, _ body: ([UInt8], SHA1Hash) throws -> Void) async throws {}
    }
}
