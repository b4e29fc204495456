/// An answer before its common headers are added.
struct RESTAnswer: Sendable {
    static let json = "application/json; charset=utf-8"

    var status = 200
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var contentType: String? = json
    /// Since 1970.
    var lastModifiedSeconds: Int64?
    /// Whether it does not count against the primary limit.
    var isFree = false

    static func json(_ value: JSONValue, status: Int = 200, lastModified: Int64? = nil) -> RESTAnswer {
        RESTAnswer(status: status, body: value.bytes, lastModifiedSeconds: lastModified)
    }

    static func raw(_ bytes: [UInt8], type: String) -> RESTAnswer { RESTAnswer(body: bytes, contentType: type) }

    static let noContent = RESTAnswer(status: 204, contentType: nil)
}

/// A request to REST, taken apart.
struct RESTCall: Sendable {
    let method: String
    /// The path below the API's, percent-decoded, without empty segments.
    let segments: [String]
    let query: [String: String]
    let body: [UInt8]
    let call: BackendCall
    let caller: Caller

    init(_ call: BackendCall, caller: Caller) {
        self.call = call
        self.caller = caller
        method = call.method
        body = call.body
        let path = call.target.prefix { $0 != "?" }.dropFirst(GitHubServer.apiPath.count)
        segments = path.split(separator: "/").map { BackendCall.percentDecoded(String($0)) }
        query = FormText.parse(call.query)
    }

    var accept: String { call.header("accept") ?? "*/*" }

    /// `vnd.github.raw`, `vnd.github.v3.raw`, `vnd.github.raw+json` and the like.
    func accepts(_ parameter: String) -> Bool {
        accept.split(whereSeparator: { ", ;".contains($0) }).contains { type in
            guard type.hasPrefix("application/vnd.github.") else { return false }
            return type.split(whereSeparator: { ".+/".contains($0) }).contains { $0 == parameter }
        }
    }

    /// The segments from one on as one path.
    func path(from index: Int) -> String { segments.dropFirst(index).joined(separator: "/") }

    // MARK: Pages

    /// - Returns: which page and how long it is, as asked for or else the first of 30.
    func page(limit: Int = 100, standard: Int = 30) -> (number: Int, size: Int) {
        let size = query["per_page"].flatMap { Int($0) } ?? standard
        return (max(query["page"].flatMap { Int($0) } ?? 1, 1), min(max(size, 1), limit))
    }

    /// The `Link` header of a list in pages (RFC 8288); nil where there is one page.
    func pageLinks(_ address: String, page: (number: Int, size: Int), total: Int) -> String? {
        let last = max((total + page.size - 1) / page.size, 1)
        if last == 1 && page.number == 1 { return nil }
        func link(_ number: Int, _ relation: String) -> String {
            var parameters = query
            parameters["page"] = String(number)
            let text = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            return "<\(address)?\(text)>; rel=\"\(relation)\""
        }
        var links: [String] = []
        if page.number > 1 { links += [link(page.number - 1, "prev"), link(1, "first")] }
        if page.number < last { links += [link(page.number + 1, "next"), link(last, "last")] }
        return links.joined(separator: ", ")
    }
}

/// `application/x-www-form-urlencoded`, which queries are too.
enum FormText {
    static func parse(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { BackendCall.percentDecoded(String($0).replacing("+", with: " ")) }
            values[parts[0]] = parts.count > 1 ? parts[1] : ""
        }
        return values
    }

    static func encoded(_ pairs: [(String, String)]) -> String {
        pairs.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
    }

    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = UnicodeScalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "-._~/".unicodeScalars.contains(scalar)
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + [byte].hexadecimal.uppercased()
            }
        }
        return result
    }
}
