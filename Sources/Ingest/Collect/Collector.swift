import EventLog
public import Events
import Projections
import Silo
import State

/// Collects garbage now and then while nothing else is to be done.
public struct Collector: Sendable {
    private let engine: Engine
    private let options: CollectorOptions

    public init(engine: Engine, options: CollectorOptions) {
        self.engine = engine
        self.options = options
    }

    /// Collects until its task is cancelled.
    ///
    /// - Throws: `AppendError`, `StateError`: what cannot be recorded must not be done.
    public func run() async throws {
        var last = engine.clock()
        var next = last.adding(seconds: options.intervalSeconds)
        while true {
            do { try await options.sleep(next) } catch { return }  // Its task was cancelled.
            let isOverdue = engine.clock() >= last.adding(seconds: options.patienceSeconds)
            guard isOverdue || options.isIdle() else {
                next = engine.clock().adding(seconds: min(options.retrySeconds, options.intervalSeconds))
                continue
            }
            let isCut = try await collect(isOverdue: isOverdue)
            if !isCut { last = engine.clock() }
            next = engine.clock().adding(
                seconds: isCut ? min(options.retrySeconds, options.intervalSeconds) : options.intervalSeconds)
        }
    }

    private func collect(isOverdue: Bool) async throws -> Bool {
        var collect = options.collect()
        let isIdle = options.isIdle
        collect.mayGoOn = { isOverdue || isIdle() }
        do {
            let report = try await engine.collect(collect)
            options.report(.success(report))
            return report.isCut
        } catch let error as SiloError {
            // A full disk, say: content that is served is not touched by it, so the service goes on.
            options.report(.failure(error))
            return false
        }
    }
}

/// When and how a ``Collector`` works.
public struct CollectorOptions: Sendable {
    /// As of now.
    public var collect: @Sendable () -> CollectOptions
    /// Seconds between two collections.
    public var intervalSeconds: Double = 3600
    /// Where work is under way it is tried again after so many seconds.
    public var retrySeconds: Double = 60
    /// After so many seconds without a whole collection one is made beside the work.
    public var patienceSeconds: Double = 86_400
    /// Whether nothing else is to be done.
    public var isIdle: @Sendable () -> Bool
    /// Told what came of each.
    public var report: @Sendable (Result<CollectReport, any Error>) -> Void
    /// Returns when that moment has come, or throws when its task is cancelled.
    public var sleep: @Sendable (_ until: Timestamp) async throws -> Void

    public init(
        collect: @escaping @Sendable () -> CollectOptions, isIdle: @escaping @Sendable () -> Bool,
        report: @escaping @Sendable (Result<CollectReport, any Error>) -> Void,
        sleep: @escaping @Sendable (_ until: Timestamp) async throws -> Void
    ) {
        self.collect = collect
        self.isIdle = isIdle
        self.report = report
        self.sleep = sleep
    }
}
