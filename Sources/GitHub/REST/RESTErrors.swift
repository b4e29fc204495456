import Curl
import Events
import ProviderKit

extension RESTAnswer {
    /// What an answer that is no success means for a sync.
    ///
    /// - Parameter subject: what was asked for, in words.
    func failure(_ subject: String) -> ProviderError {
        let said = words.map { " (\($0))" } ?? ""
        var takenDown: ProviderError {
            .permanent(.takenDown, "\(subject) was taken down, GitHub does not show it any more\(said)")
        }
        switch status {
        case 401: return .permanent(.forbidden, "GitHub refuses the credential for \(subject)\(said): renew it")
        // A block for another reason than a notice of rights comes as 403, and says so.
        case 403 where told?["block"] != nil: return takenDown
        case 403: return .permanent(.forbidden, "GitHub refuses \(subject)\(said): check the credential's rights")
        case 404, 410:
            return .permanent(
                .notFound, "GitHub has no \(subject), or the credential may not see it\(said)")
        case 409: return .permanent(.empty, "GitHub says that \(subject) is empty\(said)")
        case 451: return takenDown
        default: return .permanent(.malformed, "GitHub answers \(status) for \(subject)\(said)")
        }
    }

    /// Whether a blob was refused because it is over GitHub's limit.
    var isTooLarge: Bool {
        status == 403
            && told?["errors"]?.array?.contains { $0["code"]?.string == "too_large" } ?? false
    }

    /// What the answer says. Failures often come as a web page from something in between; then the status alone counts, and
    /// why the page is no JSON is of no interest.
    private var told: JSON? { try? json() }

    /// GitHub's own words, as far as they can be shown in one line.
    private var words: String? {
        guard let message = told?["message"]?.string else { return nil }
        let printable = message.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
        let text = String(String.UnicodeScalarView(printable)).hiding(sent, cutAt: Self.wordsLength)
        return text.isEmpty ? nil : text
    }

    /// Most of GitHub's words that an error repeats.
    private static let wordsLength = 200
}

extension ProviderError {
    /// No answer came, or half of one.
    init(_ error: CurlError) {
        let code: Code =
            switch error.code {
            case .timedOut: .timeout
            case .cutOff: .cut
            case .malformedAnswer: .malformed
            case .tooLarge: .limitExceeded
            case .badURL: .invalidLocator
            case .refusedAddress: .refusedAddress
            default: .unreachable
            }
        self.init(error.code.isTransient ? .transient : .permanent, code, error.message)
    }
}
