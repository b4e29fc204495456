public import Events
import Projections
import State

extension Queries {
    /// What somebody asks to have explained: the id of a content, a commit or a tree (40 digits); a position in the log; a
    /// delivery of a provider; a source; or `LOCATOR:PATH`, the longest known locator first.
    ///
    /// - Parameters:
    ///   - providers: the names of those that there are.
    ///   - forms: the forms in which a locator may be kept.
    /// - Returns: nil where it names nothing that is known.
    public func subject(
        _ text: [UInt8], providers: [String], forms: (Locator) -> [Locator]
    ) throws -> ExplanationSubject? {
        if let hash = SHA1Hash(hex: String(decoding: text, as: UTF8.self)) { return .hash(hash) }
        if !text.isEmpty, text.allSatisfy({ (48...57).contains($0) }),
            let position = UInt64(String(decoding: text, as: UTF8.self))
        {
            return .position(LogPosition(position))
        }
        func repository(_ bytes: some Collection<UInt8>) throws -> RepositoryRow? {
            guard let locator = Locator(bytes), providers.contains(locator.provider) else { return nil }
            for form in forms(locator) {
                if let row = try self.repository(form) { return row }
            }
            return nil
        }
        if let row = try repository(text) { return .repository(row) }
        for colon in text.indices.reversed() where text[colon] == UInt8(ascii: ":") && colon + 1 < text.count {
            if let row = try repository(text[..<colon]) { return .file(row, path: Array(text[(colon + 1)...])) }
        }
        guard let delivery = String(validating: text, as: UTF8.self) else { return nil }
        return try self.delivery(delivery, of: providers).map { .delivery($0) }
    }
}
