import FuzzTargets
import Glibc

/// What libFuzzer calls. Which target it runs is said by `FUZZ_TARGET`; with `FUZZ_SEEDS` the seeds of that target are written
/// into the folder of that name, and nothing is run. `FUZZ_TARGET=list` prints all names.
enum Fuzzer {
    static let targets = FuzzTarget.engine + FuzzTarget.program

    static let target: FuzzTarget = {
        let name = variable("FUZZ_TARGET")
        guard let found = targets.first(where: { $0.name == name }) else {
            print(targets.map(\.name).joined(separator: "\n"))
            exit(name == "list" ? 0 : 64)
        }
        return found
    }()

    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static func writeSeeds(to folder: String) {
        do {
            for (index, seed) in try target.seeds().enumerated() {
                guard let file = fopen("\(folder)/seed-\(index)", "w") else { return perror(folder) }
                fwrite(seed, 1, seed.count, file)
                fclose(file)
            }
            print(target.maximumByteCount)
        } catch {
            print("the seeds cannot be made: \(error)")
            exit(1)
        }
    }
}

@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> CInt {
    _ = Fuzzer.target
    if let folder = Fuzzer.variable("FUZZ_SEEDS") {
        Fuzzer.writeSeeds(to: folder)
        exit(0)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Fuzzer.target.takes(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
