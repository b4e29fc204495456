import FoundationEssentials
import OpenSSL

/// Git LFS: the batch API (git-lfs, docs/api/batch.md) and the objects themselves.
extension World {
    static let largeFileType = "application/vnd.git-lfs+json"
    /// How long a link to an object is good.
    private static let linkSeconds: Int64 = 300

    private struct Batch: Decodable {
        struct Object: Decodable {
            var oid: String
            var size: Int64
        }

        var operation: String
        var transfers: [String]?
        var objects: [Object]
        var hash_algo: String?
    }

    func largeFilePath(_ id: String, of repository: Int64) -> String {
        "\(configuration.root)/\(repository).lfs/\(id)"
    }

    func largeFileBatch(_ call: BackendCall, _ repository: HostedRepository) throws -> Answer {
        func failure(_ status: Int, _ message: String) -> Answer {
            let body: JSONValue = ["message": .string(message), "request_id": .string(randomText("", count: 20))]
            return Answer(status: status, headers: [("Content-Type", Self.largeFileType)], body: body.bytes)
        }
        guard call.method == "POST", call.header("accept")?.hasPrefix(Self.largeFileType) == true else {
            return failure(406, "The Accept header has to be \(Self.largeFileType)")
        }
        let batch: Batch
        do { batch = try JSONDecoder().decode(Batch.self, from: Data(call.body)) } catch {
            return failure(422, "the request is no batch")
        }
        guard batch.operation == "download" else { return failure(403, "only downloads are served here") }
        if let algorithm = batch.hash_algo, algorithm != "sha256" { return failure(409, "only sha256 is known here") }
        let expires = clock.seconds + Self.linkSeconds
        let objects = try batch.objects.map { object -> JSONValue in
            let common: [(key: String, value: JSONValue)] = [
                ("oid", .string(object.oid)), ("size", .integer(object.size)),
            ]
            guard Self.isLargeFileID(object.oid),
                let bytes = try Files.read(largeFilePath(object.oid, of: repository.id)), bytes.count == object.size
            else {
                return .object(
                    common + [
                        (
                            "error",
                            [
                                "code": 404,
                                "message":
                                    "Object does not exist on the server or you don't have permissions to access it",
                            ]
                        )
                    ])
            }
            let signature = signature(repository.id, object.oid, expires)
            let path = "\(repository.id)/\(object.oid)?expires=\(expires)&signature=\(signature)"
            return .object(
                common + [
                    ("authenticated", true),
                    (
                        "actions",
                        [
                            "download": [
                                "href": .string(renderer.webURL + Self.largeFilePath + path),
                                "expires_at": .string(Timestamps.iso(expires)),
                                "expires_in": .integer(Self.linkSeconds),
                            ]
                        ]
                    ),
                ])
        }
        let body: JSONValue = ["transfer": "basic", "objects": .array(objects), "hash_algo": "sha256"]
        return Answer(status: 200, headers: [("Content-Type", Self.largeFileType)], body: body.bytes)
    }

    /// An object by its signed link, which says for itself who may have it.
    func largeFile(_ call: BackendCall) throws -> Answer {
        let parts = call.path.dropFirst(Self.largeFilePath.utf8.count).split(separator: "/").map(String.init)
        let query = FormText.parse(call.query)
        guard parts.count == 2, let repository = Int64(parts[0]), Self.isLargeFileID(parts[1]),
            let expires = query["expires"].flatMap({ Int64($0) }), expires > clock.seconds,
            query["signature"] == signature(repository, parts[1], expires)
        else { return .text(403, "The link is not valid, or no longer.") }
        guard let bytes = try Files.read(largeFilePath(parts[1], of: repository)) else {
            return .text(404, "Not Found")
        }
        return Answer(status: 200, headers: [("Content-Type", "application/octet-stream")], body: bytes)
    }

    private func signature(_ repository: Int64, _ id: String, _ expires: Int64) -> String {
        let key = withUnsafeBytes(of: configuration.seed) { [UInt8]($0) }
        return HMACSHA256.authenticate(key: key, message: Array("\(repository)/\(id)/\(expires)".utf8)).hexadecimal
    }

    private static func isLargeFileID(_ text: String) -> Bool {
        text.utf8.count == 64 && [UInt8](hexadecimal: text) != nil
    }
}

extension HostedRepository {
    /// Puts a large file where LFS serves it from.
    /// - Returns: the pointer, which is what a commit holds in its place.
    public func addLargeFile(_ content: RepositoryContent) throws -> RepositoryContent {
        var bytes: [UInt8] = []
        content.forEachPiece { bytes += $0 }
        let id = Digest.hash(.sha256, bytes).hexadecimal
        let file = world.largeFilePath(id, of: self.id)
        try Files.makeFolder(String(file.dropLast(65)))
        try Files.write(bytes, to: file)
        return .text("version https://git-lfs.github.com/spec/v1\noid sha256:\(id)\nsize \(bytes.count)\n")
    }
}
