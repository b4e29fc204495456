import Glibc

/// Where inputs lie that are read from files: in memory where the system has such a place, since there are thousands a second.
enum FuzzFolder {
    private static let folder: String = {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        let path = "\(parent)/ingestor-fuzz-\(getpid())"
        expect(mkdir(path, 0o700) == 0 || errno == EEXIST, "there is a folder for inputs")
        atexit { FuzzFolder.remove(FuzzFolder.folder) }
        return path
    }()

    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        expect(descriptor >= 0 && Glibc.write(descriptor, bytes, bytes.count) == bytes.count, "inputs can be written")
        close(descriptor)
    }

    static func remove(_ path: String) {
        if let stream = opendir(path) {
            while let next = readdir(stream) {
                let name = withUnsafePointer(to: &next.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove("\(path)/\(name)") }
            }
            closedir(stream)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
