import EventLog
import Glibc
import State

/// Why the service cannot do its work now.
struct Readiness: Sendable {
    let store: WriteStore
    let directory: String

    /// With less room than this nothing is sure to be durable any more. A batch of events and an open shard's frame fit into it.
    static let minimumFreeBytes: UInt64 = 64 << 20

    /// Why the process had better be started again; nil where it is alive.
    func failure() -> String? {
        do {
            _ = try store.reader.log.count
            _ = try store.reader.state.read { view in try view.count }
            return nil
        } catch {
            return "the stores cannot be read: \(error)"
        }
    }

    /// One line each; empty where it can.
    func obstacles() -> [String] {
        var obstacles: [String] = []
        do {
            let head = try store.reader.log.read { log in log.count }
            let reached = try store.reader.state.read { view in try view.count }
            if reached < head { obstacles.append("the state is \(head - reached) events behind the log") }
        } catch {
            obstacles.append("the stores cannot be read: \(error)")
        }
        do {
            let free = try FileSystem.freeBytes(directory)
            if free < Self.minimumFreeBytes {
                obstacles.append("the disk of the data directory has only \(Units.bytes(free)) left")
            }
        } catch {
            obstacles.append("the data directory cannot be looked at: \(error)")
        }
        return obstacles
    }
}
