import Events
import Glibc
import Synchronization
import Testing

@testable import Silo

@Suite struct CrashTests {
    /// Wherever the open shard ends, exactly its whole frames are found, and writing goes on behind them.
    @Test(arguments: [true, false])
    func aTornEndIsCutAtTheLastWholeFrame(keepsIndex: Bool) throws {
        let directory = TemporaryDirectory()
        var ends: [(end: Int, content: [UInt8])] = []
        do {
            let silo = try directory.open()
            for number in 0..<4 {
                let content = Array("content \(number)".utf8)
                _ = try silo.store(content)
                // One frame each. Without `flush` nothing is in the index.
                if number == 0 { try silo.flush() } else { try silo.writer.writeAllFrames() }
                ends.append((readFile(directory.shardPath).count, content))
            }
        }
        let path = directory.shardPath
        let whole = readFile(path)
        let index = readFile("\(directory.locations)/data.mdb")
        for length in ends[0].end...whole.count {
            writeFile(path, Array(whole[..<length]))
            if keepsIndex {
                writeFile("\(directory.locations)/data.mdb", index)
            } else {
                TemporaryDirectory.remove(directory.locations)
            }
            do {
                let silo = try directory.open()
                let kept = ends.filter { $0.end <= length }
                #expect(silo.openReport.hasRebuiltLocations == !keepsIndex)
                #expect(silo.openReport.cutByteCounts.values.reduce(0, +) == UInt64(length - kept[kept.count - 1].end))
                #expect(try silo.statistics().blobCount == kept.count)
                for (_, content) in kept { #expect(try silo.read(gitHash(content), in: .public) == content) }
                for (_, content) in ends { _ = try silo.put(content, in: .public) }
                try silo.flush()
                #expect(try silo.statistics().blobCount == ends.count)
                #expect(try silo.verify().findings.isEmpty)
            }
        }
    }

    /// A process that is killed at any time, putting, flushing and sealing, loses nothing that a flush had returned for.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func aKilledProcessLosesNothing(seed: UInt64) async throws {
        let directory = TemporaryDirectory()
        var random = SplitMix(seed)
        for round in 0..<12 {
            let path = directory.path
            let milliseconds = UInt32(5 + random.below(120))
            let first = round * 1_000_000
            await #expect(processExitsWith: .signal(SIGKILL), "seed \(seed)") {
                [path = path as String, milliseconds = milliseconds as UInt32, first = first as Int] in
                try CrashChild.run(path, first: first, milliseconds: milliseconds)
            }
            let silo = try directory.open { $0.shardByteCount = 30_000 }
            #expect(!silo.openReport.hasRebuiltLocations)
            var count = 0
            for acknowledged in String(decoding: readFile("\(path)/acknowledged"), as: UTF8.self).split(separator: "\n")
            {
                guard let number = Int(acknowledged) else { continue }
                for earlier in number / 1_000_000 * 1_000_000...number {
                    let content = CrashChild.content(earlier)
                    if try silo.read(gitHash(content), in: .public) != content { Issue.record("lost \(earlier)") }
                    count += 1
                }
            }
            let report = try silo.verify()
            #expect(report.findings.isEmpty, "seed \(seed), round \(round): \(report.findings)")
            // Now and then all is looked at without the index.
            if round.isMultiple(of: 4) {
                let before = try silo.statistics().blobCount
                try silo.rebuildLocations()
                #expect(try silo.statistics().blobCount == before)
            }
        }
    }

    /// The disk fails at the n-th call, for every n: half of a write may be done. The call throws; once the disk works
    /// again everything is there, and nothing is twice.
    @Test(arguments: [ENOSPC, EIO])
    func aFailingDiskLosesNothing(error: CInt) throws {
        for failing in 0..<60 {
            let directory = TemporaryDirectory()
            let faults = Faults(failing: failing, times: 3, error: error)
            let contents = (0..<12).map { SplitMixContent.bytes($0) + Array("\($0)".utf8) } + [SplitMix.large]
            var failures = 0
            do {
                let silo = try directory.open(disk: faults.disk)
                for content in contents {
                    while true {
                        do {
                            if case .conflict = try silo.put(content, in: .public) { Issue.record("conflict") }
                            break
                        } catch let failure {
                            #expect(failure.code == (error == ENOSPC ? .noSpace : .inputOutput))
                            failures += 1
                        }
                    }
                }
                for step in 0... {
                    do {
                        if step > 0 || failures > 0 { try silo.flush() }
                        _ = try silo.seal(.public)
                        break
                    } catch { failures += 1 }
                }
                for content in contents { #expect(try silo.read(gitHash(content), in: .public) == content) }
                #expect(try silo.statistics().blobCount == contents.count)
                #expect(try silo.verify().findings.isEmpty, "failing at \(failing)")
                #expect(failures > 0 || faults.isUnused)
            }
            let silo = try directory.open()
            #expect(try silo.verify().findings.isEmpty, "failing at \(failing)")
            #expect(silo.openReport.damages.isEmpty)
            if faults.isUnused { break }
            #expect(failing < 59, "more faults have to be tried")
        }
    }

    /// After a failed fsync nothing is written any more; opening again finds a whole store.
    @Test func aFailedSyncStopsTheStore() throws {
        let directory = TemporaryDirectory()
        do {
            _ = try directory.open()
            var disk = Disk()
            disk.sync = { _ in
                errno = EIO
                return -1
            }
            let silo = try directory.open(disk: disk)
            _ = try silo.store([1])
            #expect(#expect(throws: SiloError.self) { try silo.flush() }?.code == .stopped)
            #expect(#expect(throws: SiloError.self) { try silo.put([2], in: .public) }?.code == .stopped)
            #expect(#expect(throws: SiloError.self) { try silo.flush() }?.code == .stopped)
        }
        let silo = try directory.open()
        _ = try silo.put([1], in: .public)
        try silo.flush()
        #expect(try silo.read(gitHash([1]), in: .public) == [1])
        #expect(try silo.verify().findings.isEmpty)
    }

    /// A crash between the end of a shard and its new name, and between its name and the index.
    @Test func sealingCanBeInterrupted() throws {
        let directory = TemporaryDirectory()
        let contents = (0..<30).map { Array("some content \($0)".utf8) }
        do {
            let silo = try directory.open()
            for content in contents { _ = try silo.store(content) }
            try silo.flush()
        }
        let open = readFile(directory.shardPath)
        let openPath = directory.shardPath
        let index = readFile("\(directory.locations)/data.mdb")
        do { _ = try directory.open().seal(.public) }
        let sealed = readFile(directory.shardPath)
        let sealedPath = directory.shardPath
        unlink(sealedPath)
        for length in stride(from: open.count, through: sealed.count, by: 7) {
            writeFile(openPath, Array(sealed[..<length]))
            writeFile("\(directory.locations)/data.mdb", index)
            let silo = try directory.open()
            #expect(try silo.verify().findings.isEmpty)
            #expect(readFile(openPath) == open)
        }
        unlink(openPath)
        writeFile(sealedPath, sealed)
        writeFile("\(directory.locations)/data.mdb", index)
        let silo = try directory.open()
        #expect(!silo.openReport.hasRebuiltLocations)
        #expect(try silo.shards().map(\.isSealed) == [true])
        #expect(try silo.verify().findings.isEmpty)
        #expect(try silo.sealedShard(ShardID(rawValue: 1)).blobCount == contents.count)
        #expect(try silo.store([9]) == gitHash([9]))
        try silo.flush()
        #expect(try silo.contains(gitHash([9]), in: .public)?.shard == ShardID(rawValue: 2))
    }
}

extension SplitMix {
    static var large: [UInt8] {
        var random = SplitMix(1)
        return (0..<50_000).map { _ in UInt8(random.below(30)) }
    }
}

extension Writer {
    /// Writes what was put, and tells nobody.
    func writeAllFrames() throws {
        monitor.withLock { $0.detachAll() }
        while try writeNext() {}
    }
}

/// A disk that fails for a while.
final class Faults: Sendable {
    private let state: Mutex<(countdown: Int, times: Int)>
    private let error: CInt

    init(failing countdown: Int, times: Int, error: CInt) {
        state = Mutex((countdown, times))
        self.error = error
    }

    /// The failing call was never reached.
    var isUnused: Bool { state.withLock { $0.countdown >= 0 } }

    private func isDue() -> Bool {
        state.withLock { state in
            if state.countdown > 0 {
                state.countdown -= 1
                return false
            }
            state.countdown = -1
            state.times -= 1
            return state.times >= 0
        }
    }

    var disk: Disk {
        var disk = Disk()
        let real = Disk()
        disk.write = { descriptor, bytes, offset in
            guard self.isDue() else { return real.write(descriptor, bytes, offset) }
            _ = real.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), offset)
            errno = self.error
            return -1
        }
        disk.truncate = { descriptor, length in
            guard self.isDue() else { return real.truncate(descriptor, length) }
            errno = self.error
            return -1
        }
        disk.rename = { from, to in
            guard self.isDue() else { return real.rename(from, to) }
            errno = self.error
            return -1
        }
        return disk
    }
}

/// What a process does that is going to be killed.
enum CrashChild {
    static func content(_ number: Int) -> [UInt8] {
        var random = SplitMix(UInt64(number))
        return Array("\(number) ".utf8) + random.content(random.below(100) == 0 ? 40_000 : random.below(1500))
    }

    static func run(_ path: String, first: Int, milliseconds: UInt32) throws {
        var killer = pthread_t()
        let argument = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        argument.pointee = milliseconds
        pthread_create(
            &killer, nil,
            { argument in
                usleep((argument?.load(as: UInt32.self) ?? 0) * 1000)
                kill(getpid(), SIGKILL)
                return nil
            }, argument)
        var options = Silo.Options(now: { Timestamp(seconds: 1_700_000_000) }, bootID: Array("boot".utf8))
        options.frameByteCount = 4 << 10
        options.partByteCount = 16 << 10
        options.shardByteCount = 30_000
        let silo = try Silo.open(
            directory: "\(path)/silo", locations: "\(path)/locations", mode: .writer, options: options)
        let log = open("\(path)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for number in first... {
            _ = try silo.put(content(number), in: .public)
            if number % 7 == 6 {
                try silo.flush()
                let line = Array("\(number)\n".utf8)
                write(log, line, line.count)
            }
            if number % 50 == 49 { _ = try silo.seal(.public) }
        }
    }
}
