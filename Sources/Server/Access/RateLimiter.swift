import Events
import Synchronization

/// Lets each caller send so many requests a second, and more for a moment: a bucket of tokens for each.
final class RateLimiter: Sendable {
    let perSecond: Double
    private let burst: Double
    private let now: @Sendable () -> Timestamp
    private let buckets = Mutex<[Caller: Bucket]>([:])

    private struct Bucket {
        var level: Double
        var at: Timestamp
    }

    init(perSecond: Double, burst: Double, now: @escaping @Sendable () -> Timestamp) {
        self.perSecond = perSecond
        self.burst = burst
        self.now = now
    }

    /// Buckets that are kept; full ones are as good as none.
    private static let maximumBucketCount = 10_000

    /// Counts a request.
    ///
    /// - Returns: nil where it may be carried out; else the seconds after which one may.
    func take(_ caller: Caller) -> Double? {
        let time = now()
        return buckets.withLock { buckets in
            var bucket = buckets[caller] ?? Bucket(level: burst, at: time)
            bucket.level = min(burst, bucket.level + max(0, time.seconds(since: bucket.at)) * perSecond)
            bucket.at = time
            defer { buckets[caller] = bucket }
            if buckets.count > Self.maximumBucketCount {
                buckets = buckets.filter { $0.value.level + time.seconds(since: $0.value.at) * perSecond < burst }
            }
            guard bucket.level >= 1 else { return (1 - bucket.level) / perSecond }
            bucket.level -= 1
            return nil
        }
    }
}

extension Timestamp {
    /// Fractions count.
    func seconds(since earlier: Timestamp) -> Double { Double(microseconds - earlier.microseconds) / 1e6 }
}
