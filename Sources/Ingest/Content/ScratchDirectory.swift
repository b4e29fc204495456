import FoundationEssentials
import ProviderKit

/// Deletes a spool or cache directory with all in it, if it is there.
func removeScratch(_ directory: String) throws {
    do {
        try FileManager.default.removeItem(atPath: directory)
    } catch let error as CocoaError where error.code == .fileNoSuchFile {
        return
    } catch {
        throw ProviderError.transient(.localFailure, "\(directory) cannot be deleted: \(error)")
    }
}
