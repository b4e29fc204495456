import Events
import LMDB

extension EventLog {
    /// Checks the pages of the file of a closed log, which a damaged one could end the process that opens it with.
    ///
    /// Nobody may have it open for writing. Contents are not read: ``verify(in:expecting:trusting:decodingPayloads:concurrency:progress:)`` does that.
    /// - Throws: `LogError` where the file cannot be read.
    public static func checkFile(directory: String) throws -> [LogFinding] {
        let damages: [FileDamage]
        do {
            damages = try FileCheck.check(directory: directory)
        } catch {
            throw LogError(.storage, "its file cannot be read", cause: error)
        }
        return damages.map { damage in
            let isOfEvents = damage.database == "events"
            let position = isOfEvents ? damage.key.flatMap { LogPosition(key: $0.span.bytes) } : nil
            let place = damage.database.map { "\($0), " } ?? ""
            return LogFinding(
                kind: .damagedPage, position: position ?? LogPosition(0),
                detail: "\(place)page \(damage.page) of data.mdb, there or behind it: \(damage.detail)")
        }
    }
}
