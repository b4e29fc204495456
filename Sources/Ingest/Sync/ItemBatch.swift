import Events

/// Gathers changed items into events of bounded size.
struct ItemBatch {
    private var items: [ItemChange] = []
    private var byteCount = 0
    private(set) var events: [Event] = []

    /// Bytes that an item costs beside its path: its hash, and a few for the other columns.
    private static let columnByteCount = 32

    mutating func append(_ item: ItemChange) {
        items.append(item)
        byteCount += item.path.count + Self.columnByteCount
        if items.count == ItemsChanged.maximumCount || byteCount >= ItemsChanged.targetByteCount { close() }
    }

    /// Makes an event of what has gathered.
    mutating func close() {
        guard !items.isEmpty else { return }
        events.append(.itemsChanged(ItemsChanged(items: items)))
        items = []
        byteCount = 0
    }

    /// The events so far, which are gone from here then.
    mutating func take() -> [Event] {
        defer { events = [] }
        return events
    }
}
