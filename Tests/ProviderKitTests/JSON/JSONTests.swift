import ProviderKit
import Testing

private func parse(_ text: String, limits: JSONLimits = .standard) throws -> JSON {
    try JSON(validating: Array(text.utf8), limits: limits)
}

@Suite struct JSONTests {
    @Test func valuesAreWhatWasWritten() throws {
        let text = #"""
             {"id":18446744073709551615,"min":-9223372036854775808,"half":0.5,"e":1E2,"yes":true,"no":null,
              "name":"caf\u00e9 \ud83d\ude00 😀 \"\\\/\b\f\n\r\t","list":[1,[],{}],"id2":1,"id2":2,"n\u0061me2":"x"}
            """#
        let json = try parse(text)
        #expect(json["id"]?.uint64 == .max)
        #expect(json["id"]?.int64 == nil)
        #expect(json["min"]?.int64 == .min)
        #expect(json["min"]?.uint64 == nil)
        #expect(json["half"]?.uint64 == nil)
        #expect(json["half"] == .number("0.5"))
        #expect(json["e"]?.uint64 == nil)
        #expect(json["yes"]?.bool == true)
        #expect(json["no"]?.isNull == true)
        #expect(json["name"]?.string == "café 😀 😀 \"\\/\u{8}\u{c}\n\r\t")
        #expect(json["list"]?.array == [.number("1"), .array([]), .object([])])
        #expect(json["id2"]?.uint64 == 2, "the last of two counts")
        #expect(json["name2"]?.string == "x", "a key is what its escapes stand for")
        #expect(json["absent"] == nil)
        #expect(json["list"]?["id"] == nil)
    }

    @Test func keysAreBytes() throws {
        let json = try parse(#"{"e\u0301":1}"#)
        #expect(json["e\u{301}"]?.uint64 == 1)
        #expect(json["\u{e9}"] == nil)
    }

    @Test func loneSurrogatesAreReplaced() throws {
        #expect(
            try parse(#"["\ud800x","\udc00","\ud800\ud800\udc00"]"#).array?.compactMap(\.string) == [
                "\u{FFFD}x", "\u{FFFD}", "\u{FFFD}\u{10000}",
            ])
    }

    @Test func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"a":["#, count: depth / 2) + String(repeating: "]}", count: depth / 2)
        }
        #expect(throws: Never.self) { try parse(nested(64)) }
        #expect(#expect(throws: JSONError.self) { try parse(nested(66)) }?.code == .tooDeep)
        #expect(
            #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }?.code == .tooDeep)
        #expect(throws: Never.self) { try parse("[1,2,3]", limits: JSONLimits(values: 4)) }
        let error = #expect(throws: JSONError.self) { try parse("[1,2,3,4]", limits: JSONLimits(values: 4)) }
        #expect(error?.code == .tooManyValues)
    }

    @Test(arguments: [
        ("", 0), ("{\"a\":1,}", 7), ("[1 2]", 3), ("nul", 3), ("\"abc", 4), ("01", 1), ("[\"\\x\"]", 3), ("1.", 2),
    ])
    func errorsNameThePlace(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.code == .syntax)
        #expect(error?.offset == offset)
    }

    @Test func whatIsNotSelectedIsCheckedAndLeftOut() throws {
        let selection: JSONSelection = ["ref": .everything, "owner": ["login": .everything]]
        func select(_ text: String) throws -> String {
            String(decoding: try JSON(validating: Array(text.utf8), selection: selection).bytes, as: UTF8.self)
        }
        let text = #"{"ref":"a","x":[{"ref":1}],"owner":{"login":{"y":1},"id":2},"re\u0066":"b"}"#
        #expect(try select(text) == #"{"ref":"a","owner":{"login":{"y":1}},"ref":"b"}"#)
        #expect(try select(#"[{"ref":1,"x":2},3]"#) == #"[{"ref":1},3]"#, "arrays are passed through")
        #expect(throws: JSONError.self) { try select(#"{"x":[1,]}"#) }
    }
}

@Suite(.enabled(if: sharedData != nil, "the folder of given material is absent")) struct JSONSuiteTests {
    @Test func whatMustBeAcceptedIs() throws {
        let files = try sharedFiles("json-test-suite", prefix: "y_")
        #expect(files.count == 95)
        for file in files {
            do {
                let value = try JSON(validating: file.bytes)
                #expect(try JSON(validating: value.bytes) == value, "\(file.name)")
            } catch {
                Issue.record("\(file.name): \(error)")
            }
        }
    }

    @Test func whatMustBeRefusedIs() throws {
        let files = try sharedFiles("json-test-suite", prefix: "n_")
        #expect(files.count == 188)
        for file in files {
            #expect(throws: JSONError.self, "\(file.name)") { try JSON(validating: file.bytes) }
        }
    }

    /// What the grammar leaves open is decided here once: bytes must be UTF-8 without a mark, nesting ends at 64;
    /// numbers of any size and escaped halves of surrogate pairs are accepted.
    @Test func whatIsLeftOpenIsDecided() throws {
        let refused = [
            "i_string_UTF-16LE_with_BOM", "i_string_UTF-8_invalid_sequence", "i_string_UTF8_surrogate_U+D800",
            "i_string_invalid_utf-8", "i_string_iso_latin_1", "i_string_lone_utf8_continuation_byte",
            "i_string_not_in_unicode_range", "i_string_overlong_sequence_2_bytes",
            "i_string_overlong_sequence_6_bytes", "i_string_overlong_sequence_6_bytes_null",
            "i_string_truncated-utf-8", "i_string_utf16BE_no_BOM", "i_string_utf16LE_no_BOM",
            "i_structure_500_nested_arrays", "i_structure_UTF-8_BOM_empty_object",
        ]
        var found: [String] = []
        for file in try sharedFiles("json-test-suite", prefix: "i_") {
            do {
                _ = try JSON(validating: file.bytes)
            } catch {
                found.append(String(file.name.dropLast(5)))
            }
        }
        #expect(found.sorted() == refused.sorted())
    }
}
