import Events
import Glibc

/// The machine: what the kernel gives to a process.
struct MachineCheck {
    /// Connections of the server, databases, shards, and Git's processes, with room to spare.
    static let wantedDescriptors: UInt64 = 4096
    static let leastDescriptors: UInt64 = 256
    /// The log's map is reserved whole, and so are those of the state and of the blob locations.
    static let wantedAddressSpace: UInt64 = 4 << 40
    /// A clock that says less than this was never set. 2026-01-01.
    static let earliestSeconds = 1_767_225_600

    func findings() -> [Finding] { [kernel(), descriptors(), addressSpace(), clock()] }

    private func kernel() -> Finding {
        var names = utsname()
        uname(&names)
        let text = { (bytes: UnsafeRawBufferPointer) in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
        let release = withUnsafeBytes(of: names.release, text)
        let machine = withUnsafeBytes(of: names.machine, text)
        return .ok(.machine, "Linux \(release), \(machine), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors")
    }

    private func descriptors() -> Finding {
        let limit = Self.limit(RLIMIT_NOFILE)
        let text = "\(Self.shown(limit)) open files allowed (ulimit -n)"
        let advice = "raise it to \(Self.wantedDescriptors): LimitNOFILE= in the unit, or `ulimit -n`"
        if limit < Self.leastDescriptors { return .wrong(.machine, text, advice: advice) }
        return limit < Self.wantedDescriptors ? .warning(.machine, text, advice: advice) : .ok(.machine, text)
    }

    private func addressSpace() -> Finding {
        let limit = Self.limit(RLIMIT_AS)
        guard limit < Self.wantedAddressSpace else { return .ok(.machine, "the address space is large enough") }
        return .warning(
            .machine, "the address space is limited to \(Units.bytes(limit)) (ulimit -v)",
            advice:
                "the databases reserve address space, not memory: take the limit away (`ulimit -v unlimited`), and limit "
                + "memory with MemoryMax= instead")
    }

    private func clock() -> Finding {
        let now = Context.now()
        guard now.seconds >= Self.earliestSeconds else {
            return .wrong(.machine, "the clock says \(now.rfc3339)", advice: "set it: `timedatectl set-ntp true`")
        }
        return .ok(.machine, "the clock says \(now.rfc3339)")
    }

    private static func limit(_ resource: __rlimit_resource) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return 0 }
        return UInt64(limit.rlim_cur)
    }

    private static func shown(_ limit: UInt64) -> String { limit == UInt64.max ? "unlimited" : "\(limit)" }
}
