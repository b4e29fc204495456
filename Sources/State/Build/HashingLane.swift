import EventLog
import Events
import Projections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Rows' forms on their way to the thread that hashes them while another one goes on folding.
final class HashingLane: @unchecked Sendable {
    // Sendable: what changes is guarded by `mutex`, which has to be a POSIX one for the conditions to wait with it.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasRoom = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let hasWork = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: [HashingBatch] = []
    private var spare: [HashingBatch] = []
    private var isClosed = false

    /// Batches that wait at most; whoever brings more waits.
    private static let maximumWaiting = 8

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(hasRoom, nil)
        pthread_cond_init(hasWork, nil)
    }

    deinit {
        pthread_cond_destroy(hasRoom)
        pthread_cond_destroy(hasWork)
        pthread_mutex_destroy(mutex)
        hasRoom.deallocate()
        hasWork.deallocate()
        mutex.deallocate()
    }

    /// Hands a batch over, and gives an empty one back, with memory that was used before where there is some.
    func exchange(_ batch: consuming HashingBatch) -> HashingBatch {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while queue.count >= Self.maximumWaiting, !isClosed { pthread_cond_wait(hasRoom, mutex) }
        queue.append(batch)
        pthread_cond_signal(hasWork)
        return spare.popLast() ?? HashingBatch()
    }

    /// Nothing more comes.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(hasWork)
        pthread_cond_broadcast(hasRoom)
    }

    /// Hashes what comes until it is closed.
    func work(_ ledgers: inout IntervalLedgers) {
        var hasher = SHA256Hasher()
        while let batch = next() {
            batch.hash(&hasher, into: &ledgers)
            giveBack(batch)
        }
    }

    private func next() -> HashingBatch? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while queue.isEmpty, !isClosed { pthread_cond_wait(hasWork, mutex) }
        guard !queue.isEmpty else { return nil }
        pthread_cond_signal(hasRoom)
        return queue.removeFirst()
    }

    private func giveBack(_ batch: HashingBatch) {
        var batch = batch
        batch.removeAll()
        pthread_mutex_lock(mutex)
        spare.append(batch)
        pthread_mutex_unlock(mutex)
    }
}

/// Forms end to end, and what each one is counted for.
struct HashingBatch: Sendable {
    private struct Entry: Sendable {
        let end: UInt32
        let tenant: UInt32
        let projection: UInt8
        /// The row stands from the one interval to the other; equal: to the end of the log.
        let from: UInt16
        let to: UInt16
        let isRemoval: Bool
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    private static let fullByteCount = 256 << 10

    var isFull: Bool { bytes.count >= Self.fullByteCount }
    var isEmpty: Bool { entries.isEmpty }

    mutating func add(
        _ form: [UInt8], projection: Int, tenant: TenantID, from: UInt16, to: UInt16, isRemoval: Bool
    ) {
        bytes.append(contentsOf: form)
        entries.append(
            Entry(
                end: UInt32(bytes.count), tenant: tenant.rawValue, projection: UInt8(projection), from: from, to: to,
                isRemoval: isRemoval))
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    func hash(_ hasher: inout SHA256Hasher, into ledgers: inout IntervalLedgers) {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for entry in entries {
                hasher.update(UnsafeRawBufferPointer(rebasing: bytes[start..<Int(entry.end)]))
                ledgers.enter(
                    hasher.finish(), projection: Int(entry.projection), tenant: TenantID(entry.tenant),
                    from: entry.from, to: entry.to, isRemoval: entry.isRemoval)
                start = Int(entry.end)
            }
        }
    }
}
