public import EventLog
import LMDB

extension StateStore {
    public var storage: StorageInfo { StorageInfo(tables.environment.info) }
}
