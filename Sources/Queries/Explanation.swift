import EventLog
public import Events
public import Projections
import State

/// The events that led to something.
public struct Explanation: Sendable {
    /// In the order in which they happened.
    public var events: [Envelope] = []
    /// The path that is asked about.
    public var path: [UInt8]?
    /// The content that is asked about.
    public var hash: SHA1Hash?
    /// The event that is asked about.
    public var position: LogPosition?
    /// There are more than are given.
    public var isCut = false
}

/// What can be explained.
public enum ExplanationSubject: Sendable {
    case position(LogPosition)
    case file(RepositoryRow, path: [UInt8])
    case repository(RepositoryRow)
    /// A content, a commit or a tree.
    case hash(SHA1Hash)
    /// A webhook, by the event that has it: what it said, and all that it set off.
    case delivery(LogPosition)
}

extension Queries {
    /// Limit of the versions, references and stories that one explanation follows.
    static let maximumStoryCount = 20
    /// Limit of the events of one story.
    static let maximumStoryEventCount = 500

    /// The chain of events that led to something: why it was fetched, skipped, removed, tried again.
    ///
    /// - Throws: `QueryError` (unknownPosition, unknownFile, unknownSubject).
    public func explain(_ subject: ExplanationSubject) throws -> Explanation {
        var collector = StoryCollector(self)
        switch subject {
        case .position(let position):
            guard let header = try log.read({ snapshot in try snapshot.header(at: position) }), mayRead(header) else {
                throw beyond(position, try count)
            }
            collector.explanation.position = position
            collector.wanted = [position]
            if header.kind == EventKind.webhookReceived.rawValue {
                try collector.followDelivery(position)
            } else {
                try collector.follow(position)
            }
        case .file(let repository, let path):
            collector.explanation.path = path
            let versions = try versions(of: path, in: repository)
            guard !versions.isEmpty else {
                throw try leftOut(path, in: repository, &collector)
                    ?? QueryError(
                        .unknownFile,
                        "nothing is known of \(repository.locator):\(String(decoding: path, as: UTF8.self)), now or before"
                    )
            }
            try collector.follow(versions.map(\.version.position))
            try collector.follow(Set(versions.compactMap(\.released)).sorted())
            for case .upserted(let mode, let hash, _) in versions.map(\.content) where mode != GitMode.submodule {
                try collector.addStoring(of: hash)
            }
        case .repository(let repository):
            try collector.followRepository(repository.id)
        case .delivery(let position):
            collector.explanation.position = position
            try collector.followDelivery(position)
        case .hash(let hash):
            collector.explanation.hash = hash
            try collector.followHash(hash)
            guard !collector.positions.isEmpty else {
                throw QueryError(
                    .unknownSubject,
                    "\(hash.hex) is no content, commit or tree that this tenant's repositories ever had")
            }
        }
        let result = try collector.finish()
        if let position = result.position, !result.events.contains(where: { $0.position == position }) {
            throw beyond(position, try count)
        }
        return result
    }

    /// Where the log has a report of one of the providers.
    ///
    /// - Parameter delivery: as the provider names it.
    public func delivery(_ delivery: String, of providers: [String]) throws -> LogPosition? {
        try state.read { view in
            for provider in providers {
                if let position = try view.delivery(delivery, of: provider) { return position }
            }
            return nil
        }
    }

    /// Explains a path below a directory that was left out; nil once that is done.
    private func leftOut(
        _ path: [UInt8], in repository: RepositoryRow, _ collector: inout StoryCollector
    ) throws -> QueryError? {
        let slashes = path.indices.filter { path[$0] == UInt8(ascii: "/") }.reversed()
        for slash in slashes {
            let above = try versions(of: Array(path[..<slash]), in: repository)
            guard !above.isEmpty else { continue }
            throw QueryError(
                .unknownFile,
                "\(String(decoding: path, as: UTF8.self)) lies in \(String(decoding: path[..<slash], as: UTF8.self)), which was left "
                    + "out as a whole: explain that")
        }
        return nil
    }
}
