import Events

/// In which order blobs are rewritten: like stands by like, and a version after the one that it came from.
///
/// Pure. Blobs that come one from another are a family; they go into the same new shard, because a difference cannot be taken
/// from another one.
struct RewritePlan {
    struct Item {
        var hash: SHA1Hash
        var location: Location
        var path: [UInt8] = []
        /// Which item it comes from.
        var predecessor: Int?
        /// How many items it comes after.
        fileprivate(set) var generation = 0
        fileprivate var root = 0
    }

    private(set) var items: [Item] = []
    /// For each new shard its items, by generation, in the order in which they are to stand.
    private(set) var shards: [[[Int]]] = []

    /// - Parameters:
    ///   - order: what is known of blobs.
    ///   - locations: the blobs that are to be rewritten.
    ///   - shardByteCount: stored bytes of one new shard, about.
    init(order: [RewriteItem], locations: [SHA1Hash: Location], shardByteCount: Int) {
        takeIn(order, locations)
        findFamilies()
        divide(shardByteCount)
    }

    private mutating func takeIn(_ order: [RewriteItem], _ locations: [SHA1Hash: Location]) {
        var rest = locations
        var places: [SHA1Hash: Int] = [:]
        for known in order {
            guard let location = rest.removeValue(forKey: known.hash) else { continue }
            places[known.hash] = items.count
            items.append(Item(hash: known.hash, location: location, path: known.path))
        }
        for known in order {
            guard let place = places[known.hash], items[place].predecessor == nil, let predecessor = known.predecessor
            else { continue }
            items[place].predecessor = places[predecessor]
        }
        let unknown = rest.sorted {
            ($0.value.shard, $0.value.offset, $0.value.index) < ($1.value.shard, $1.value.offset, $1.value.index)
        }
        for (hash, location) in unknown { items.append(Item(hash: hash, location: location)) }
    }

    /// Follows each item to the first one that it comes from. What comes from itself, round about (a file that was changed back),
    /// is cut where it was entered.
    private mutating func findFamilies() {
        var isDone = [Bool](repeating: false, count: items.count)
        var isOnTrail = [Bool](repeating: false, count: items.count)
        for start in items.indices where !isDone[start] {
            var trail = [start]
            isOnTrail[start] = true
            while let last = trail.last, let next = items[last].predecessor, !isDone[next] {
                if isOnTrail[next] {
                    items[last].predecessor = nil
                    break
                }
                isOnTrail[next] = true
                trail.append(next)
            }
            for item in trail.reversed() {
                if let predecessor = items[item].predecessor {
                    items[item].generation = items[predecessor].generation + 1
                    items[item].root = items[predecessor].root
                } else {
                    items[item].root = item
                }
                isDone[item] = true
            }
        }
    }

    private mutating func divide(_ shardByteCount: Int) {
        var members: [Int: [Int]] = [:]
        for index in items.indices { members[items[index].root, default: []].append(index) }
        let roots = members.keys.sorted { left, right in
            if items[left].path == items[right].path { return left < right }
            return items[left].path.lexicographicallyPrecedes(items[right].path)
        }
        var generations: [[Int]] = []
        var byteCount = 0
        for root in roots {
            let family = members[root] ?? []
            let familyByteCount = family.reduce(0) { $0 + items[$1].location.storedByteCount }
            if byteCount > 0, byteCount + familyByteCount > shardByteCount {
                shards.append(generations)
                generations = []
                byteCount = 0
            }
            byteCount += familyByteCount
            for index in family {
                while generations.count <= items[index].generation { generations.append([]) }
                generations[items[index].generation].append(index)
            }
        }
        if !generations.isEmpty { shards.append(generations) }
    }
}
