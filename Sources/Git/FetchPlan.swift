import Events
import ProviderKit

/// Which way of fetching is tried first, and what follows where it does not lead to the end.
///
/// | known | first | then |
/// |---|---|---|
/// | nothing at all | plain | – |
/// | the last sync of this ref, nothing left out | incremental: a thin pack against it | partial |
/// | other content (a fork), patterns, a damaged base | partial: trees, then missing blobs by id where few are missing | plain |
///
/// Measured: trees first and blobs by id takes 1.7 to 1.9 times as long as plain where everything is missing, since wants
/// by id give the server no names to find differences by.
struct FetchPlan: Equatable {
    /// In the order in which they are tried.
    let modes: [FetchMode]

    /// Up to this part of missing blobs they are fetched by id.
    static let maximumMissingFraction = 0.4

    init(known: Known, hasPatterns: Bool, serverFilters: Bool) {
        let others: [FetchMode] = serverFilters ? [.partial, .plain] : [.plain]
        if known.isDistrusted {
            modes = [.plain]
        } else if known.hasCheckpoint && known.isComplete && !hasPatterns {
            modes = [.incremental] + others
        } else if known.isEmpty && !hasPatterns {
            modes = [.plain]
        } else {
            modes = others
        }
    }

    /// What is known, as far as the plan depends on it.
    struct Known: Equatable {
        /// There was a sync, and of another commit than this one.
        var hasCheckpoint: Bool
        /// Nothing of the checkpoint was left out.
        var isComplete: Bool
        /// There is no content at all.
        var isEmpty: Bool
        var isDistrusted: Bool
    }
}
