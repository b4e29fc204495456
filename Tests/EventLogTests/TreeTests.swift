import Events
import Testing

@testable import EventLog

@Suite struct TreeTests {
    /// Leaves and roots of the reference tree of the Certificate Transparency project (merkle_tree_test).
    private let inputs = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    private let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test func theReferenceTreeOfCertificateTransparency() throws {
        var hasher = SHA256Hasher()
        var leaves: [SHA256Hash] = []
        for input in inputs { leaves.append(hasher.hash([0] + (try #require(Hex.decode(input))))) }
        var frontier = MerkleFrontier()
        #expect(frontier.root(hasher: &hasher).hex == roots[0])
        for (index, leaf) in leaves.enumerated() {
            frontier.push(leaf, hasher: &hasher) { _, _ in }
            #expect(frontier.root(hasher: &hasher).hex == roots[index + 1])
        }
        let nodes = NodesInMemory(leaves: leaves, stored: [:])
        let path = try nodes.inclusionProof(of: 0, size: 8, hasher: &hasher).map(\.hex)
        #expect(
            path == [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ])
        let proof = try nodes.consistencyProof(from: 6, to: 8, hasher: &hasher).map(\.hex)
        #expect(
            proof == [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
    }

    /// Every size up to beyond two stored groups: root, edge and proofs against a tree computed by the definition.
    @Test func storedNodesGiveTheTreeOfTheDefinition() async throws {
        let size = 600
        let directory = try TemporaryDirectory()
        try await fill(directory, count: size)
        let log = try EventLog.open(directory: directory.path, mode: .reader)
        var random = SeededGenerator(seed: 1)
        try log.read { snapshot in
            var hasher = SHA256Hasher()
            var leaves: [SHA256Hash] = []
            try snapshot.forEach { leaves.append(try RecordHeader(record: $1, at: $0).leafHash) }
            try #require(leaves.count == size)
            #expect(try snapshot.node(TreeNodeKey(level: 1, index: 1)) != nil)
            #expect(try snapshot.node(TreeNodeKey(level: 1, index: 2)) == nil)
            let heads = (0...size).map { TreeHead(size: UInt64($0), root: naiveRoot(leaves[..<$0], &hasher)) }
            for head in heads {
                #expect(try snapshot.root(size: head.size) == head.root)
                let frontier = try MerkleFrontier(count: head.size, nodes: snapshot, hasher: &hasher)
                #expect(frontier.root(hasher: &hasher) == head.root)
                guard head.size > 0 else { continue }
                for _ in 0..<3 {
                    let index = UInt64.random(in: 0..<head.size, using: &random)
                    let path = try snapshot.inclusionProof(of: LogPosition(index), size: head.size)
                    #expect(head.includes(leaves[Int(index)], at: LogPosition(index), proof: path))
                    let other = (index + 1) % head.size
                    #expect(head.size == 1 || !head.includes(leaves[Int(index)], at: LogPosition(other), proof: path))
                    let old = heads[Int.random(in: 0...Int(head.size), using: &random)]
                    let proof = try snapshot.consistencyProof(from: old.size, to: head.size)
                    #expect(head.extends(old, proof: proof), "from \(old.size) to \(head.size)")
                    let forged = TreeHead(size: old.size, root: leaves[0])
                    #expect(old.size <= 1 || !head.extends(forged, proof: proof))
                }
            }
        }
    }

    /// MTH, as RFC 6962 section 2.1 writes it.
    private func naiveRoot(_ leaves: ArraySlice<SHA256Hash>, _ hasher: inout SHA256Hasher) -> SHA256Hash {
        guard let first = leaves.first else { return hasher.finish() }
        if leaves.count == 1 { return first }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let left = naiveRoot(leaves.prefix(split), &hasher)
        let right = naiveRoot(leaves.dropFirst(split), &hasher)
        return hasher.hash([1] + left.bytes + right.bytes)
    }
}

private struct NodesInMemory: MerkleNodes {
    let leaves: [SHA256Hash]
    let stored: [TreeNodeKey: SHA256Hash]

    struct Missing: Error {}

    func leaf(_ index: UInt64) throws -> SHA256Hash { leaves[Int(index)] }

    func stored(_ key: TreeNodeKey) throws -> SHA256Hash {
        guard let node = stored[key] else { throw Missing() }
        return node
    }
}
