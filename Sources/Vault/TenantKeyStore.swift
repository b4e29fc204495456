public import Events

/// Where tenants' keys come from: the ``Vault``, or what opens it when it is first needed.
public protocol TenantKeyStore: Sendable {
    /// What there is of a key. What cannot be opened is missing, which is no error.
    func tenantKey(_ id: KeyID) throws -> TenantKey

    /// Makes a key that was never made before, durably.
    func makeTenantKey(_ id: KeyID) throws -> [UInt8]

    /// Keys that were destroyed. No key is needed to tell.
    func erasedTenantKeys() throws -> [KeyID]
}

extension Vault: TenantKeyStore {}
