import Events
import Zstd

/// One frame of a rewriting on its way: filled, compressed by whoever has time, then written in its turn.
final class RewriteJob: @unchecked Sendable {
    // Sendable: it is filled before it is queued, worked on by the one thread that took it, and read once that is done, which
    // the writer's lock orders.
    let frame: PendingFrame
    /// What it may be a difference from: a frame that stands in the shard, or the first one of the same batch.
    let base: Base?
    /// It is what the following ones are differences from.
    let isAnchor: Bool
    fileprivate(set) var isDone = false
    private(set) var encoding = FrameEncoding.stored
    private(set) var isDifference = false
    private(set) var bytes: [UInt8] = []
    private(set) var failure: SiloError?

    enum Base {
        case written(FrameBase)
        case anchor(Anchor)
    }

    /// A frame from which many others are differences.
    final class Anchor: Sendable {
        let content: DecodedFrame
        let prepared: PreparedPrefix?

        init(_ frame: PendingFrame, level: Int) throws(SiloError) {
            content = DecodedFrame(blobs: [], bytes: Array(frame.bytes), isWhole: true)
            do throws(ZstdError) {
                prepared = try PreparedPrefix(frame.bytes, level: level)
            } catch {
                throw SiloError(.inputOutput, "preparing a prefix: \(error)")
            }
        }
    }

    init(_ frame: PendingFrame, base: Base?, isAnchor: Bool = false) {
        self.frame = frame
        self.isAnchor = isAnchor
        self.base = base
    }

    func run(_ writer: Writer, _ file: ShardFile, level: Int) {
        do throws(SiloError) {
            var prefix: DecodedFrame?
            var prepared: PreparedPrefix?
            switch base {
            case .anchor(let anchor): (prefix, prepared) = (anchor.content, anchor.prepared)
            case .written(let base): prefix = try writer.reader.base(file, at: base.reference)
            case nil: break
            }
            try writer.benches.with { (bench) throws(SiloError) in
                let encoded = try bench.encode(
                    frame.bytes, prefix: prefix, prepared: prepared, level: level,
                    blockByteCount: writer.options.blockByteCount)
                encoding = encoded.encoding
                isDifference = encoded.isDifference
                bytes = Array(encoded.bytes)
            }
        } catch {
            failure = error
        }
    }
}

extension Writer {
    /// Has all jobs done, by the calling thread and by those that compress for the store.
    func run(_ jobs: [RewriteJob], _ file: ShardFile, level: Int) {
        let batch = RewriteBatch(jobs: jobs, file: file, level: level)
        monitor.withLock { $0.batches.append(batch) }
        while let job = monitor.withLock({ batch.next(&$0) }) { work(on: job, of: batch) }
        monitor.wait { _ in jobs.allSatisfy(\.isDone) ? () : nil }
    }

    func work(on job: RewriteJob, of batch: RewriteBatch) {
        job.run(self, batch.file, level: batch.level)
        monitor.withLock { _ in job.isDone = true }
    }
}

/// Jobs that wait, in a writer's state.
final class RewriteBatch {
    private var waiting: [RewriteJob]
    let file: ShardFile
    let level: Int

    init(jobs: [RewriteJob], file: ShardFile, level: Int) {
        waiting = jobs.reversed()
        self.file = file
        self.level = level
    }

    /// The next job; the batch goes from the state with the last one.
    func next(_ state: inout WriterState) -> RewriteJob? {
        let job = waiting.popLast()
        if waiting.isEmpty { state.batches.removeAll { $0 === self } }
        return job
    }
}
