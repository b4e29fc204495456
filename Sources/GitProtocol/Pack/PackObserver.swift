/// Is shown every object of a pack once while the pack is being indexed: the whole ones while they pass by, in pack
/// order, then the deltified ones while they are resolved. Spares a second expansion to whoever can use the objects
/// before the pack is known to be sound. What was shown of a pack that then fails must be worth nothing or be
/// addressed by its hash.
public protocol PackObserver: AnyObject {
    /// An object begins; its id is not known yet. Throwing ends the indexing with that error.
    func begin(_ kind: ObjectKind, sizeBytes: UInt64) throws
    /// The next bytes of the object, valid during the call.
    func take(_ bytes: UnsafeRawBufferPointer) throws
    /// The object is complete, and this is the hash of what was shown.
    func end(_ id: ObjectID) throws
}
