/// An answer that says why a request is not met, in GitHub's words.
struct RESTFailure: Error {
    var status: Int
    var message: String
    var documentation: String?
    /// More members of the body.
    var members: [(key: String, value: JSONValue)] = []
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ message: String, documentation: String? = "https://docs.github.com/rest") {
        (self.status, self.message, self.documentation) = (status, message, documentation)
    }

    static let badCredentials = RESTFailure(401, "Bad credentials")
    static let suspended = RESTFailure(
        403, "This installation has been suspended",
        documentation: "https://docs.github.com/rest/reference/apps#create-an-installation-access-token-for-an-app")
    static let undecodableWebToken = RESTFailure(401, "A JSON web token could not be decoded")
    static let emptyRepository = RESTFailure(409, "Git Repository is empty.")

    static func notFound(_ message: String = "Not Found") -> RESTFailure { RESTFailure(404, message) }

    /// What is not one of the things that a request may ask for.
    static func unprocessable(_ message: String) -> RESTFailure { RESTFailure(422, message) }

    static func blocked(_ block: RepositoryInfo.Block) -> RESTFailure {
        var failure = RESTFailure(
            block.reason == "dmca" ? 451 : 403, "Repository access blocked", documentation: nil)
        failure.members = [
            (
                "block",
                [
                    "reason": .string(block.reason), "created_at": .string(Timestamps.iso(block.createdAtSeconds)),
                    "html_url": .string("https://github.com/\(block.reason == "dmca" ? "github/dmca" : "tos")"),
                ]
            )
        ]
        return failure
    }

    static func tooLarge(_ message: String) -> RESTFailure {
        var failure = RESTFailure(403, message)
        failure.members = [("errors", [["resource": "Blob", "field": "data", "code": "too_large"]])]
        return failure
    }

    var answer: RESTAnswer {
        var body: [(key: String, value: JSONValue)] = [("message", .string(message))]
        body += members
        if let documentation { body.append(("documentation_url", .string(documentation))) }
        // GitHub's newer answers name the status too; the moved ones do not.
        if status >= 400, members.isEmpty { body.append(("status", .string(String(status)))) }
        return RESTAnswer(status: status, headers: headers, body: JSONValue.object(body).bytes)
    }
}
