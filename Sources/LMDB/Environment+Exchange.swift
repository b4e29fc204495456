import CLMDB

extension Environment {
    /// Gives the directories of two environments each other's names, at once: at each moment both names are there. Whoever has one
    /// of them open goes on with what was opened.
    ///
    /// - Returns: false where one of them is missing, or the file system cannot do it; then nothing was changed.
    public static func exchange(_ first: String, _ second: String) -> Bool { shim_exchange_names(first, second) == 0 }
}
