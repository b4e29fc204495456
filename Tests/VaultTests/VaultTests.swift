import Events
import Foundation
import ProviderKit
import Synchronization
import Testing

@testable import Vault

/// A folder that is gone after the test.
final class VaultPlace {
    let path = NSTemporaryDirectory() + "vault-" + UUID().uuidString + "/keys/credentials"

    deinit {
        let root = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
        do {
            try FileManager.default.removeItem(at: root)
        } catch {
            print("could not remove \(root.path): \(error)")
        }
    }

    func files() throws -> [String: [UInt8]] {
        try FileManager.default.contentsOfDirectory(atPath: path).reduce(into: [:]) { files, name in
            files[name] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
        }
    }
}

private func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

private func code(_ body: () throws -> Void) -> VaultError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? VaultError)?.code
    }
}

/// Ends what is under way after so many steps.
final class Stop: Sendable {
    private let left = Mutex<Int?>(nil)

    func after(_ count: Int) { left.withLock { $0 = count } }

    func never() { left.withLock { $0 = nil } }

    func step() throws(VaultError) {
        let isLast = left.withLock { left in
            guard let count = left else { return false }
            left = count - 1
            return count <= 0
        }
        if isLast { throw VaultError(.io, "stopped") }
    }
}

@Suite struct VaultTests {
    let place = VaultPlace()

    @Test func keepsAndForgets() throws {
        let vault = try Vault(directory: place.path, masterKey: key(1))
        #expect(try vault.ids() == [])
        #expect(code { _ = try vault.secret(of: LogPosition(7)) } == .notFound)
        try vault.store(id: LogPosition(7), secret: Secret("first"))
        try vault.store(id: LogPosition(7), secret: Secret("second"))
        try vault.store(id: LogPosition(10), secret: Secret(""))
        let again = try Vault(directory: place.path, masterKey: key(1))
        #expect(try again.ids() == [LogPosition(7), LogPosition(10)])
        #expect(try again.secret(of: LogPosition(7)) == Secret("second"))
        #expect(try again.secret(of: LogPosition(10)) == Secret(""))
        try again.remove(id: LogPosition(7))
        try again.remove(id: LogPosition(7))
        #expect(try vault.ids() == [LogPosition(10)])
        let tooLong = Secret([UInt8](repeating: 1, count: Vault.maximumSecretByteCount + 1))
        #expect(code { try vault.store(id: LogPosition(8), secret: tooLong) } == .invalid)
        let longest = Secret([UInt8](repeating: 1, count: Vault.maximumSecretByteCount))
        try vault.store(id: LogPosition(8), secret: longest)
        #expect(try vault.secret(of: LogPosition(8)) == longest)
    }

    @Test func nobodyElseMayLook() throws {
        let vault = try Vault(directory: place.path, masterKey: key(1))
        try vault.store(id: LogPosition(7), secret: Secret("ghs_plantedPLANTED"))
        try vault.rotate(to: key(2))
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(place.path) == 0o700)
        for (name, bytes) in try place.files() {
            #expect(try mode(place.path + "/" + name) == 0o600)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("planted"), "\(name)")
        }
    }

    /// The layout is frozen: this file was written by the first version.
    @Test func writtenAsTheTableSays() throws {
        let vault = try Vault(directory: place.path, masterKey: key(1), random: { [UInt8](repeating: 0xAB, count: $0) })
        try vault.store(id: LogPosition(0x0102_0304), secret: Secret("secret"))
        let file = try place.files()["16909060.sealed"] ?? []
        #expect(file.count == 25 + 12 + 6 + 16)
        #expect(Hex.encode(file) == Self.frozen)
        #expect(code { _ = try Vault(directory: place.path, masterKey: [1, 2, 3]) } == .invalid)
    }

    static let frozen =
        "494e475345414c0101a4f0b5b15ddebcd00000000001020304ababababa"
        + "bababababababab04e398e258e287c7e0b881c7de4f178768f62030a54b"

    @Test func anotherKeyIsNamed() throws {
        try Vault(directory: place.path, masterKey: key(1)).store(id: LogPosition(7), secret: Secret("planted"))
        let vault = try Vault(directory: place.path, masterKey: key(2))
        let error = #expect(throws: VaultError.self) { try vault.secret(of: LogPosition(7)) }
        #expect(error?.code == .wrongKey)
        #expect(error?.id == LogPosition(7))
        #expect(code { try vault.rotate(to: key(3)) } == .wrongKey)
        #expect(try place.files().count == 1, "nothing was begun")
        #expect(try Vault(directory: place.path, masterKey: key(1)).secret(of: LogPosition(7)) == Secret("planted"))
    }

    @Test func everyChangedBitIsNoticed() throws {
        let vault = try Vault(directory: place.path, masterKey: key(1))
        try vault.store(id: LogPosition(7), secret: Secret("planted"))
        let path = place.path + "/7.sealed"
        let file = try place.files()["7.sealed"] ?? []
        func outcome(_ bytes: [UInt8]) throws -> VaultError.Code? {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return code { _ = try vault.secret(of: LogPosition(7)) }
        }
        for bit in 0..<file.count * 8 {
            var changed = file
            changed[bit / 8] ^= 1 << (bit % 8)
            // A fingerprint names the key, so another one there is another key's.
            #expect(try outcome(changed) == ((9..<17).contains(bit / 8) ? .wrongKey : .damaged), "bit \(bit)")
        }
        for count in 0..<file.count { #expect(try outcome(Array(file.prefix(count))) == .damaged, "cut at \(count)") }
        #expect(try outcome(file + [0]) == .damaged)
        #expect(try outcome(file) == nil)
        // A file under another's name does not open.
        try Data(file).write(to: URL(fileURLWithPath: place.path + "/8.sealed"))
        #expect(code { _ = try vault.secret(of: LogPosition(8)) } == .damaged)
    }
}

@Suite struct RotationTests {
    private let secrets = (1...4).map { (id: LogPosition($0), secret: Secret("planted \($0)")) }

    private func fill(_ place: VaultPlace) throws {
        let vault = try Vault(directory: place.path, masterKey: key(1))
        for (id, secret) in secrets { try vault.store(id: id, secret: secret) }
    }

    private func expectAll(_ place: VaultPlace, _ masterKey: [UInt8], _ comment: String) throws {
        let vault = try Vault(directory: place.path, masterKey: masterKey)
        for (id, secret) in secrets { #expect(try vault.secret(of: id) == secret, "\(comment)") }
    }

    @Test func afterwardsTheNewKeyOpensAndTheOldOneDoesNot() throws {
        let place = VaultPlace()
        try fill(place)
        let vault = try Vault(directory: place.path, masterKey: key(1))
        #expect(try vault.rotate(to: key(2)) == 4)
        for (id, secret) in secrets { #expect(try vault.secret(of: id) == secret) }
        try expectAll(place, key(2), "rotated")
        #expect(try place.files().count == 4)
        let old = try Vault(directory: place.path, masterKey: key(1))
        #expect(code { _ = try old.secret(of: LogPosition(1)) } == .wrongKey)
        #expect(try vault.rotate(to: key(2)) == 4, "to the same key: nothing to do")
    }

    /// Stops before each step of a rotation in turn, as a crash would, and goes on from what is on the disk.
    @Test func aCrashBetweenAnyTwoStepsLosesNothing() throws {
        let new = try MasterKey(key(2)).fingerprint
        func isUnderNewKey(_ file: [UInt8]) -> Bool { file.dropFirst(9).starts(with: new) }
        var steps = 0
        while true {
            let comment = "stopped before step \(steps)"
            let place = VaultPlace()
            try fill(place)
            let stop = Stop()
            let vault = try Vault(directory: place.path, masterKey: key(1)) { _ throws(VaultError) in try stop.step() }
            stop.after(steps)
            let wasCut = code { try vault.rotate(to: key(2)) } == .io
            stop.never()
            // The process that was not killed goes on answering.
            for (id, secret) in secrets { #expect(try vault.secret(of: id) == secret, "\(comment)") }
            // A new process: from the moment that anything is under the new key, that one opens everything.
            let files = try place.files()
            let opening = files.contains { $0.key != "rotation.new" && isUnderNewKey($0.value) } ? key(2) : key(1)
            try expectAll(place, opening, comment)
            // The same command again ends it.
            let next = try Vault(directory: place.path, masterKey: opening)
            try next.rotate(to: key(2))
            #expect(!next.isRotating)
            try expectAll(place, key(2), comment)
            let after = try place.files()
            #expect(after.keys.sorted() == ["1.sealed", "2.sealed", "3.sealed", "4.sealed"], "\(comment)")
            #expect(after.values.allSatisfy(isUnderNewKey), "\(comment)")
            guard wasCut else { break }
            steps += 1
        }
        #expect(steps > 20, "each of the files is written in several steps")
    }

    @Test func storingIsAllOrNothing() throws {
        for steps in 0..<6 {
            let place = VaultPlace()
            try fill(place)
            let stop = Stop()
            let vault = try Vault(directory: place.path, masterKey: key(1)) { _ throws(VaultError) in try stop.step() }
            stop.after(steps)
            let wasCut = code { try vault.store(id: LogPosition(2), secret: Secret("other")) } == .io
            #expect(wasCut == (steps < 5))
            let again = try Vault(directory: place.path, masterKey: key(1))
            // Renamed, and only the sync of the folder missing: the new one may be there.
            #expect(try again.secret(of: LogPosition(2)) == (steps < 4 ? secrets[1].secret : Secret("other")))
            #expect(try place.files().count == 4, "nothing unfinished is left")
        }
    }

    @Test func damageStopsARotationBeforeItBegins() throws {
        let place = VaultPlace()
        try fill(place)
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: place.path + "/3.sealed"))
        let vault = try Vault(directory: place.path, masterKey: key(1))
        #expect(code { try vault.rotate(to: key(2)) } == .damaged)
        #expect(try place.files()["rotation"] == nil)
        #expect(try vault.secret(of: LogPosition(2)) == secrets[1].secret)
    }
}
