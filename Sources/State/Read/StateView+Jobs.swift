public import Events
import LMDB
public import Projections

extension StateView {
    public func job(_ id: LogPosition) throws -> JobRow? {
        try row(.jobs, Self.key(id.rawValue), JobRow.init(key:decoding:))
    }

    /// Jobs that are not completed, by id.
    public func jobs(of repository: RepositoryID? = nil, state: JobState? = nil) throws -> [JobRow] {
        let found =
            if let repository { try jobs(listedIn: .jobsByRepository, prefix: Self.key(repository.rawValue)) } else {
                try all(.jobs, JobRow.init(key:decoding:))
            }
        return found.filter { state == nil || $0.state == state }
    }

    /// Jobs that gave up, by id.
    public func deadLetters() throws -> [JobRow] { try jobs(listedIn: .deadLetters) }

    /// Jobs that are due at `time`, those due first before the others; at most `limit`.
    public func dueJobs(at time: Timestamp, limit: Int) throws -> [JobRow] {
        try jobs(listedIn: .dueJobs, limit: limit) { key throws(DecodingFailure) in
            var reader = ByteReader(key)
            return JobRow.time(sortable: try reader.uint64()) <= time
        }
    }

    /// When the next job is due.
    public func nextDue() throws -> Timestamp? {
        var due: Timestamp?
        try transaction.forEach(tables[.dueJobs]) { key, row in
            due = try Self.decoded(.dueJobs, key, row) { (key, _) throws(DecodingFailure) in
                var reader = ByteReader(key)
                return JobRow.time(sortable: try reader.uint64())
            }
            return false
        }
        return due
    }

    /// The jobs whose ids stand at the end of the index's keys.
    private func jobs(
        listedIn index: Table, prefix: [UInt8] = [], limit: Int = .max,
        while isWanted: (RawSpan) throws(DecodingFailure) -> Bool = { _ in true }
    ) throws -> [JobRow] {
        var jobs: [JobRow] = []
        try transaction.forEach(tables[index], prefix: prefix) { key, row in
            let id = try Self.decoded(index, key, row) { (key, _) throws(DecodingFailure) -> LogPosition? in
                guard try isWanted(key) else { return nil }
                var reader = ByteReader(key.extracting(max(0, key.byteCount - 8)..<key.byteCount))
                return LogPosition(try reader.uint64())
            }
            guard let id, jobs.count < limit else { return false }
            guard let job = try job(id) else {
                throw StateError.damaged(index.name, DecodingFailure("job \(id.rawValue) is listed and not there"))
            }
            jobs.append(job)
            return true
        }
        return jobs
    }
}
