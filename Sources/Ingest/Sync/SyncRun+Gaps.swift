import Events
import Projections
import ProviderKit
import State

extension SyncRun {
    /// Seconds in which a source may answer with what was before its own report.
    private static let announcementSeconds = 60.0

    /// That a poll sees a move of a ref whose moves webhooks have told, and none told of this one.
    func missedWebhook(_ head: SourceHead) throws -> GapDetected? {
        guard reason == .schedule, let commit = head.commit, commit != repository.lastCommit,
            let announced = try announced(head), announced.commit != commit
        else { return nil }
        return GapDetected(reason: .missedWebhook, ref: head.ref, expected: announced.commit, found: commit)
    }

    /// Servers of one source need not be equally far. Where one answers with what was before the report that made us ask, it is
    /// asked once more a little later.
    ///
    /// - Throws: `ProviderError` (transient, behind), once what was polled is recorded.
    mutating func checkAnnouncement(_ head: SourceHead, _ polled: Event) async throws {
        guard reason == .webhook, attempt == 1, !head.changed, let announced = try announced(head),
            let commit = announced.commit, commit != head.commit,
            announced.at.adding(seconds: Self.announcementSeconds) > engine.clock()
        else { return }
        try await append([polled])
        throw ProviderError.transient(
            .behind, "the source announced \(commit.hex) and is not there yet: it is asked again")
    }

    private func announced(_ head: SourceHead) throws -> RefRow? {
        guard let externalID = repository.externalID, !head.ref.isEmpty else { return nil }
        let provider = repository.locator.provider
        return try engine.state.read { view in try view.announcedRef(provider, externalID, head.ref) }
    }
}
