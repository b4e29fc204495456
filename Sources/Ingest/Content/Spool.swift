import FoundationEssentials
import ProviderKit

/// Deletes a spool directory with all in it, if it is there.
func removeSpool(_ directory: String) throws {
    do {
        try FileManager.default.removeItem(atPath: directory)
    } catch let error as CocoaError where error.code == .fileNoSuchFile {
        return
    } catch {
        throw ProviderError.transient(.localFailure, "the spool \(directory) cannot be deleted: \(error)")
    }
}
