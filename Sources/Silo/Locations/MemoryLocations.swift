import Events
import Synchronization

/// A location index in memory, for a reader that finds none it can use and may not make one.
final class MemoryLocations: LocationStore {
    private let state = Mutex((locations: [LocationKey: Location](), shards: [ShardID: ShardRecord]()))

    func location(of key: LocationKey) throws(SiloError) -> Location? {
        state.withLock { $0.locations[key] }
    }

    func locations(in shards: Set<ShardID>) throws(SiloError) -> [(key: LocationKey, location: Location)] {
        state.withLock { state in
            state.locations.filter { shards.contains($0.value.shard) }.map { ($0.key, $0.value) }.sorted {
                $0.key < $1.key
            }
        }
    }

    func shards() throws(SiloError) -> [ShardID: ShardRecord] {
        state.withLock { $0.shards }
    }

    func commit(_ change: LocationChange) throws(SiloError) {
        state.withLock { state in
            var counts = ShardCounts(state.shards, change)
            for (key, location) in change.added {
                let old = state.locations[key]
                guard change.takes(location, insteadOf: old) else { continue }
                if let old { counts.remove(old) }
                counts.add(location)
                state.locations[key] = location
            }
            for key in change.removed {
                if let old = state.locations.removeValue(forKey: key) { counts.remove(old) }
            }
            state.shards = counts.records
        }
    }

    func clear() throws(SiloError) {
        state.withLock { $0 = ([:], [:]) }
    }

    func isConsistent() throws(SiloError) -> Bool {
        state.withLock { state in state.locations.count == state.shards.values.reduce(0) { $0 + $1.blobCount } }
    }

    func close() throws(SiloError) {}
}
