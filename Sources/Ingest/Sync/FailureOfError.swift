import Events
import ProviderKit
import Silo

extension Failure {
    /// What an error means for the job: whoever threw it knows best whether trying again can help.
    init(_ error: any Error) {
        switch error {
        case let error as ProviderError:
            self = error.failure
        case let error as SiloError:
            self.init(.transient, code: "store", message: "the blob store failed: \(error)")
        case let error as IngestError:
            self.init(.permanent, code: error.code.rawValue, message: error.message)
        default:
            self.init(.transient, code: "internal", message: "\(error)")
        }
    }
}
