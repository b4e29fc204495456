import Events
import Synchronization

/// How many requests may come.
struct Rate: Sendable {
    var perSecond: Double
    /// In one moment, after a pause.
    var burst: Double
}

/// Lets each sender send so many requests a second, and more for a moment: a bucket of tokens for each.
final class RateLimiter<Sender: Hashable & Sendable>: Sendable {
    private let now: @Sendable () -> Timestamp
    private let buckets = Mutex<[Sender: Bucket]>([:])

    private struct Bucket {
        var level: Double
        var at: Timestamp
        /// When it would be full again, and so as good as none.
        var fullAt: Timestamp
    }

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// Buckets that are kept before those that are full are forgotten.
    private static var maximumBucketCount: Int { 10_000 }
    /// What somebody is told to wait at most: by then more may be allowed.
    private static var longestWaitSeconds: Double { 60 }

    /// Counts a request.
    ///
    /// - Returns: nil where it may be carried out; else the seconds after which one may.
    func take(_ sender: Sender, _ rate: Rate) -> Double? {
        let time = now()
        return buckets.withLock { buckets in
            var bucket = buckets[sender] ?? Bucket(level: rate.burst, at: time, fullAt: time)
            bucket.level = min(rate.burst, bucket.level + max(0, time.seconds(since: bucket.at)) * rate.perSecond)
            bucket.at = time
            let isAllowed = bucket.level >= 1
            if isAllowed { bucket.level -= 1 }
            bucket.fullAt = time.adding(seconds: Self.wait(rate.burst - bucket.level, rate))
            if buckets.count > Self.maximumBucketCount { buckets = buckets.filter { $0.value.fullAt > time } }
            buckets[sender] = bucket
            return isAllowed ? nil : Self.wait(1 - bucket.level, rate)
        }
    }

    private static func wait(_ missing: Double, _ rate: Rate) -> Double {
        rate.perSecond > 0 ? min(longestWaitSeconds, missing / rate.perSecond) : longestWaitSeconds
    }
}

extension Timestamp {
    /// Fractions count.
    func seconds(since earlier: Timestamp) -> Double { Double(microseconds - earlier.microseconds) / 1e6 }
}
