#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The media type of a content: from the name where that says it, otherwise from the first bytes.
enum MIMEType {
    /// How many bytes at the beginning of a content are looked at.
    static let sniffedByteCount = 8192

    /// What the first bytes of a content tell.
    struct Head: Sendable {
        /// Where its type stands in `signatures`.
        private let signatureIndex: UInt8?
        fileprivate let isText: Bool

        /// - Parameter content: its first bytes; `sniffedByteCount` of them where there are as many.
        init(_ content: UnsafeRawBufferPointer) {
            let head = UnsafeRawBufferPointer(rebasing: content.prefix(sniffedByteCount))
            signatureIndex =
                signatures.firstIndex { signature in
                    head.count >= signature.offset + signature.bytes.count
                        && head[signature.offset] == signature.bytes[0]
                        && head[signature.offset..<signature.offset + signature.bytes.count]
                            .elementsEqual(signature.bytes)
                }.map(UInt8.init)
            // Git's own rule: text has no NUL.
            isText = head.baseAddress.map { memchr($0, 0, head.count) == nil } ?? true
        }

        fileprivate var type: String? { signatureIndex.map { signatures[Int($0)].type } }
    }

    /// - Parameter path: where the content occurs.
    static func of(path: [UInt8], _ head: Head) -> String {
        if let type = head.type { return type }
        if let type = byName(path), head.isText || !type.hasPrefix("text/") { return type }
        return head.isText ? "text/plain" : "application/octet-stream"
    }

    private static func byName(_ path: [UInt8]) -> String? {
        let name = path.split(separator: UInt8(ascii: "/")).last ?? []
        if let type = byWholeName[String(decoding: name, as: UTF8.self)] { return type }
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return nil }
        return byExtension[String(decoding: name[name.index(after: dot)...], as: UTF8.self).lowercased()]
    }

    private static let signatures: [(offset: Int, bytes: [UInt8], type: String)] = [
        (0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image/png"),
        (0, [0xff, 0xd8, 0xff], "image/jpeg"),
        (0, Array("GIF8".utf8), "image/gif"),
        (8, Array("WEBP".utf8), "image/webp"),
        (0, Array("%PDF-".utf8), "application/pdf"),
        (0, [0x1f, 0x8b], "application/gzip"),
        (0, Array("BZh".utf8), "application/x-bzip2"),
        (0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "application/x-xz"),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "application/zstd"),
        (0, [0x7f, 0x45, 0x4c, 0x46], "application/x-elf"),
        (0, [0x00, 0x61, 0x73, 0x6d], "application/wasm"),
        (0, Array("wOFF".utf8), "font/woff"),
        (0, Array("wOF2".utf8), "font/woff2"),
        (257, Array("ustar".utf8), "application/x-tar"),
        (0, Array("SQLite format 3\0".utf8), "application/vnd.sqlite3"),
        (0, Array("version https://git-lfs.github.com/spec/v1".utf8), "application/vnd.git-lfs"),
    ]

    private static let byWholeName = [
        "Makefile": "text/x-makefile", "Dockerfile": "text/x-dockerfile", "CMakeLists.txt": "text/x-cmake",
        "LICENSE": "text/plain", "README": "text/plain", "Rakefile": "text/x-ruby", "Gemfile": "text/x-ruby",
    ]

    private static let byExtension: [String: String] = {
        let extensions: [(String, String)] = [
            ("text/plain", "txt text log rst adoc"), ("text/markdown", "md markdown"), ("text/html", "html htm xhtml"),
            ("text/css", "css scss sass less"), ("text/csv", "csv"), ("text/tab-separated-values", "tsv"),
            ("text/javascript", "js mjs cjs jsx"), ("text/x-typescript", "ts tsx mts cts"),
            ("application/json", "json jsonl ipynb"), ("application/yaml", "yaml yml"), ("application/toml", "toml"),
            ("application/xml", "xml xsd xsl plist"), ("image/svg+xml", "svg"), ("text/x-c", "c h"),
            ("text/x-c++", "cc cpp cxx hpp hh hxx"), ("text/x-csharp", "cs"), ("text/x-swift", "swift"),
            ("text/x-objective-c", "m mm"), ("text/x-python", "py pyi"), ("text/x-ruby", "rb"), ("text/x-go", "go"),
            ("text/x-rust", "rs"), ("text/x-java", "java"), ("text/x-kotlin", "kt kts"), ("text/x-scala", "scala"),
            ("text/x-php", "php"), ("text/x-perl", "pl pm t"), ("text/x-lua", "lua"), ("text/x-r", "r"),
            ("text/x-haskell", "hs"), ("text/x-ocaml", "ml mli"), ("text/x-erlang", "erl hrl"),
            ("text/x-elixir", "ex exs"), ("text/x-clojure", "clj cljs"), ("text/x-zig", "zig"), ("text/x-dart", "dart"),
            ("text/x-shellscript", "sh bash zsh"), ("text/x-makefile", "mk mak"), ("text/x-cmake", "cmake"),
            ("text/x-asm", "s asm"), ("text/x-sql", "sql"), ("text/x-protobuf", "proto"), ("text/x-diff", "diff patch"),
            ("text/x-tex", "tex sty"), ("text/x-vue", "vue"), ("application/zip", "zip jar whl"),
            ("application/octet-stream", "bin o a so"), ("font/ttf", "ttf"), ("font/otf", "otf"),
            ("image/x-icon", "ico"),
            ("video/mp4", "mp4"), ("audio/mpeg", "mp3"),
        ]
        var types: [String: String] = [:]
        for (type, list) in extensions {
            for name in list.split(separator: " ") { types[String(name)] = type }
        }
        return types
    }()
}
