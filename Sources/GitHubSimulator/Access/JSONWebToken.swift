import FoundationEssentials

/// What an App shows that it is itself: a token that it has signed (RFC 7519), by RS256 alone.
struct JSONWebToken {
    private struct Header: Decodable {
        var alg: String
    }

    private struct Claims: Decodable {
        var iss: Issuer
        var iat: Double
        var exp: Double
    }

    /// The App's number, as a number or as text, or its client id.
    private struct Issuer: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // What is no number is read as text, and that failure is told.
            if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    let issuer: String
    let signed: [UInt8]
    let signature: [UInt8]
    private let issuedAt: Double
    private let expiresAt: Double

    init(parsing text: String) throws {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Base64.decodedURL(parts[0]), let payload = Base64.decodedURL(parts[1]),
            let signature = Base64.decodedURL(parts[2])
        else { throw RESTFailure.undecodableWebToken }
        do {
            guard try JSONDecoder().decode(Header.self, from: Data(header)).alg == "RS256" else {
                throw RESTFailure.undecodableWebToken
            }
            let claims = try JSONDecoder().decode(Claims.self, from: Data(payload))
            (issuer, issuedAt, expiresAt) = (claims.iss.text, claims.iat, claims.exp)
        } catch is DecodingError {
            throw RESTFailure.undecodableWebToken
        }
        signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
    }

    /// GitHub's words where a time is not as it wants it.
    func check(now: Int64, limitSeconds: Int64) throws {
        guard expiresAt > Double(now) else {
            throw RESTFailure(
                401,
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
            )
        }
        guard expiresAt <= Double(now + limitSeconds) else {
            throw RESTFailure(401, "'Expiration time' claim ('exp') is too far in the future")
        }
        guard issuedAt <= Double(now) else {
            throw RESTFailure(
                401,
                "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
        }
    }
}
