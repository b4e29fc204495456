import Events
import Glibc

/// A backup as a tar archive.
enum BackupArchive {
    private static let pieceByteCount = 1 << 20
    private static let blockByteCount = 512

    /// Puts what a manifest names, and the manifest, into an archive.
    static func pack(_ directory: String, _ manifest: BackupManifest, into path: String) throws {
        let unfinished = path + ".new"
        try FileSystem.removeTree(unfinished)
        var archive = try TarTarget(unfinished, time: manifest.at.microseconds / 1_000_000)
        let own = [(BackupManifest.name, UInt64(manifest.bytes.count)), (BackupRun.marker, 0)]
        for (name, byteCount) in own + manifest.entries.map({ ($0.name, $0.byteCount) }) {
            let file = try FileDescriptor(open: "\(directory)/\(name)", O_RDONLY | O_NOFOLLOW)
            let descriptor = file.rawValue
            try archive.file(try ExportPath(Array(name.utf8)), isExecutable: false, size: byteCount) { write in
                var piece = [UInt8](repeating: 0, count: pieceByteCount)
                while true {
                    let count = try FileDescriptor.check("read", name) {
                        piece.withUnsafeMutableBytes { Int32(Glibc.read(descriptor, $0.baseAddress, $0.count)) }
                    }
                    if count == 0 { break }
                    try piece.withUnsafeBytes { try write(UnsafeRawBufferPointer(rebasing: $0[..<count.asInt])) }
                }
            }
        }
        try archive.finish()
        // Under its name it is whole and durable, or not there.
        try FileDescriptor(open: unfinished, O_RDONLY).synchronize(path: unfinished)
        try FileSystem.renameDurably(unfinished, to: path)
    }

    /// Takes an archive that ``pack(_:_:into:)`` made apart into a directory.
    ///
    /// - Throws: ``CommandError`` for other archives, and for a file that is cut.
    static func unpack(_ path: String, into directory: String) throws {
        let file = try FileDescriptor(open: path, O_RDONLY)
        let descriptor = file.rawValue
        func read(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let got = try FileDescriptor.check("read", path) {
                    bytes.withUnsafeMutableBytes {
                        Int32(Glibc.read(descriptor, $0.baseAddress.map { $0 + done }, count - done))
                    }
                }
                guard got > 0 else { throw damaged(path) }
                done += got.asInt
            }
            return bytes
        }
        var records: [String: String] = [:]
        while true {
            let header = try read(blockByteCount)
            if header.allSatisfy({ $0 == 0 }) { return }
            guard header[257..<262].elementsEqual("ustar".utf8), let stated = octal(header[124..<136]) else {
                throw damaged(path)
            }
            let size = records["size"].flatMap { UInt64($0) } ?? stated
            let padded = (size + UInt64(blockByteCount) - 1) / UInt64(blockByteCount) * UInt64(blockByteCount)
            switch header[156] {
            case UInt8(ascii: "x"):
                guard size <= 1 << 20 else { throw damaged(path) }
                records = pax(Array(try read(Int(padded)).prefix(Int(size))))
                continue
            case UInt8(ascii: "5"): break
            case UInt8(ascii: "0"):
                let prefix = text(header[345..<500])
                let name = records["path"] ?? (prefix.isEmpty ? "" : prefix + "/") + text(header[0..<100])
                guard case .success(let names) = SafePath.names(Array(name.utf8)) else { throw damaged(path) }
                let parts = names.map { String(decoding: $0, as: UTF8.self) }
                let target = directory + "/" + parts.joined(separator: "/")
                try FileSystem.makeDirectory(([directory] + parts.dropLast()).joined(separator: "/"))
                let writer = try HashedWriter(target)
                var left = size
                while left > 0 {
                    let piece = try read(Int(min(left, UInt64(pieceByteCount))))
                    try writer.write(piece)
                    left -= UInt64(piece.count)
                }
                _ = try writer.finish()
                _ = try read(Int(padded - size))
            default: throw damaged(path)
            }
            records = [:]
        }
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: field.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }, as: UTF8.self), radix: 8)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// `length key=value\n`, one after the other.
    private static func pax(_ bytes: [UInt8]) -> [String: String] {
        var records: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).last?.split(separator: "=", maxSplits: 1) ?? []
            if parts.count == 2 { records[String(parts[0])] = String(parts[1]) }
        }
        return records
    }

    private static func damaged(_ path: String) -> CommandError {
        CommandError("\(path) is no archive of `ingestor backup`, or was cut", status: .damage)
    }
}
