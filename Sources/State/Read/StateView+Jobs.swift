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

    /// Jobs that are due at `time`, of each tenant the first ones, so that none hides behind another's.
    ///
    /// - Parameters:
    ///   - limit: of the jobs of one tenant.
    ///   - isWanted: others neither count nor come.
    public func dueJobs(
        at time: Timestamp, ofEachTenant limit: Int, where isWanted: (JobRow) throws -> Bool = { _ in true }
    ) throws -> [JobRow] {
        var counts: [UInt32: Int] = [:]
        var jobs: [JobRow] = []
        try transaction.forEach(tables[.dueJobs]) { key, row in
            let entry = try Self.decoded(.dueJobs, key, row) { (key, row) throws(DecodingFailure) in
                var keyReader = ByteReader(key)
                var reader = ByteReader(row)
                return (
                    due: JobRow.time(sortable: try keyReader.uint64()), id: LogPosition(try keyReader.uint64()),
                    tenant: try reader.uint32()
                )
            }
            guard entry.due <= time else { return false }
            guard counts[entry.tenant, default: 0] < limit, let job = try job(entry.id), try isWanted(job) else {
                return true
            }
            counts[entry.tenant, default: 0] += 1
            jobs.append(job)
            return true
        }
        return jobs
    }

    /// When the next job is due.
    ///
    /// - Parameter time: what was due by then does not count.
    public func nextDue(after time: Timestamp? = nil) throws -> Timestamp? {
        var due: Timestamp?
        let start = time.map { Self.key(JobRow.sortable($0) &+ 1) } ?? []
        try transaction.forEach(tables[.dueJobs], prefix: [], from: start) { key, row in
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
