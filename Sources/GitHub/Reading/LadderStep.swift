import ProviderKit

/// One way of reading does not lead to the end; the next one may.
struct LadderStep: Error {
    let error: ProviderError

    init(_ code: ProviderError.Code, _ message: String) { error = .transient(code, message) }
}
