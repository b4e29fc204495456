import ProviderKit
import TestSupport
import Testing

/// Mutated texts: nothing crashes, what is accepted reads the same when it is written and read again, and a selection
/// accepts exactly what is accepted without one, and keeps exactly what it names.
@Suite struct JSONFuzzTests {
    static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\ude00", "0", "-", ".5", "e9", "true", "null",
        "😀", " ", "\n", "\u{0}", "\"ref\":", "\"owner\":{\"login\":", "[[[[[[[[[[[[[[[[",
    ].map { Array($0.utf8) }

    static let seeds = [
        #"{"ref":"refs/heads/é","owner":{"login":"a\u00e9","id":12345678901234567890},"list":[1,-2.5e-3,true,null]}"#,
        #"[{"ref":[],"x":{}},[[[["\ud83d\ude00\n"]]]],"😀",0,-0,1e5,{"owner":[{"login":1},{"id":2}]}]"#,
        "\"plain\"", " [ 1 , 2 ] ",
    ].map { Array($0.utf8) }

    @Test func mutations() throws {
        var random = SeededGenerator(seed: testSeed("JSONFuzzTests"))
        var corpus = Self.seeds
        corpus += try sharedFiles("json-test-suite").map(\.bytes).filter { $0.count < 4096 }
        let selection: JSONSelection = ["ref": .everything, "owner": ["login": .everything]]
        var accepted = 0
        for _ in 0..<60_000 {
            guard let original = corpus.randomElement(using: &random) else { return }
            let text = mutate(original, &random)
            let whole: JSON
            do throws(JSONError) {
                whole = try JSON(validating: text)
            } catch {
                #expect((0...text.count).contains(error.offset))
                let same = #expect(throws: JSONError.self) { try JSON(validating: text, selection: selection) }
                #expect(same == error, "\(text)")
                continue
            }
            accepted += 1
            #expect(try JSON(validating: whole.bytes) == whole, "\(text)")
            #expect(try JSON(validating: text, selection: selection) == owner(whole), "\(text)")
            if text.count < 4096, corpus.count < 2000 { corpus.append(text) }
        }
        #expect(accepted > 1000, "the mutations are too wild to test what is accepted")
    }

    /// The oracle of the selection.
    private func owner(_ json: JSON) -> JSON {
        switch json {
        case .array(let elements): .array(elements.map(owner))
        case .object(let fields):
            .object(
                fields.compactMap { key, value in
                    switch key {
                    case "ref": (key, value)
                    case "owner": (key, login(value))
                    default: nil
                    }
                })
        default: json
        }
    }

    private func login(_ json: JSON) -> JSON {
        switch json {
        case .array(let elements): .array(elements.map(login))
        case .object(let fields): .object(fields.filter { $0.0 == "login" })
        default: json
        }
    }

    private func mutate(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var text = original
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...text.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where place < text.count: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where place < text.count: text.remove(at: place)
            case 2: text.insert(contentsOf: Self.tokens.randomElement(using: &random) ?? [], at: place)
            case 3: text.removeLast(text.count - place)
            default:
                let end = Int.random(in: place...text.count, using: &random)
                text.insert(contentsOf: text[place..<end], at: place)
            }
        }
        return text
    }
}
