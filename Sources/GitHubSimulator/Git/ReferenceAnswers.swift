import Synchronization

/// What git says of its abilities, asked once: it is the same for every repository here.
final class CapabilityCache: Sendable {
    private let known = Mutex<[UInt8]?>(nil)

    func bytes(_ make: () throws -> [UInt8]) rethrows -> [UInt8] {
        try known.withLock { known in
            if let known { return known }
            let made = try make()
            known = made
            return made
        }
    }
}

extension World {
    private static let headers: [(name: String, value: String)] = [
        ("Expires", "Fri, 01 Jan 1980 00:00:00 GMT"), ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache, max-age=0, must-revalidate"),
    ]

    /// Protocol v2's advertisement, without a process for each.
    func capabilities(_ call: BackendCall) throws -> Answer {
        let bytes = try capabilities.bytes {
            var settings = [
                (key: "uploadpack.allowFilter", value: "true"), (key: "uploadpack.allowAnySHA1InWant", value: "true"),
            ]
            settings += configuration.gitConfiguration.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
            let folder = configuration.root + call.path.dropLast("/info/refs".utf8.count)
            let text = try GitCommand.run(
                ["upload-pack", "--stateless-rpc", "--advertise-refs", folder].map { Array($0.utf8) },
                environment: GitCommand.environment(settings) + ["GIT_PROTOCOL=version=2"])
            return PacketLine.encoded("# service=git-upload-pack\n") + Array("0000".utf8) + text
        }
        return Answer(
            status: 200,
            headers: Self.headers + [("Content-Type", "application/x-git-upload-pack-advertisement")], body: bytes)
    }

    /// The answer to `ls-refs` (gitprotocol-v2) where it can be given without git: nil for any other request, and where
    /// tags are asked for, which may have to be peeled.
    func referenceAnswer(_ call: BackendCall, _ repository: HostedRepository) throws -> Answer? {
        guard call.gitProtocol?.contains("version=2") == true, call.contentEncoding == nil,
            configuration.gitConfiguration.isEmpty, let packets = PacketLine.payloads(of: call.body),
            packets.first == "command=ls-refs"
        else { return nil }
        let prefixes = packets.filter { $0.hasPrefix("ref-prefix ") }.map { $0.dropFirst("ref-prefix ".utf8.count) }
        func isAsked(_ name: String) -> Bool { prefixes.isEmpty || prefixes.contains { name.hasPrefix($0) } }
        let all = try repository.references.all()
        if all.keys.contains(where: { $0.hasPrefix("refs/tags/") && isAsked($0) }) { return nil }

        var lines: [UInt8] = []
        let head = try repository.references.head()
        let isSymbolic = packets.contains("symrefs")
        if isAsked("HEAD") {
            let target = isSymbolic ? " symref-target:\(head)" : ""
            if let id = all[head] {
                lines += PacketLine.encoded("\(id) HEAD\(target)\n")
            } else if packets.contains("unborn") {
                lines += PacketLine.encoded("unborn HEAD\(target)\n")
            }
        }
        for (name, id) in all.sorted(by: { $0.key < $1.key }) where isAsked(name) {
            lines += PacketLine.encoded("\(id) \(name)\n")
        }
        return Answer(
            status: 200, headers: Self.headers + [("Content-Type", "application/x-git-upload-pack-result")],
            body: lines + Array("0000".utf8))
    }
}
