public import Events

/// What a check of the log found.
public struct LogVerification: Sendable {
    /// How many records were checked, and their bytes.
    public internal(set) var eventCount: UInt64 = 0
    public internal(set) var byteCount: UInt64 = 0
    /// How many signed checkpoints it holds.
    public internal(set) var checkpointCount = 0
    /// In the order of the chunks that were checked: the first is the first that is wrong.
    public internal(set) var findings: [LogFinding] = []
    /// More was found than `maximumFindings`, and is left out.
    public private(set) var isCutShort = false

    public static let maximumFindings = 10_000

    /// Whether everything is as it has to be.
    public var isSound: Bool { findings.isEmpty }

    mutating func report(_ kind: LogFinding.Kind, at position: LogPosition, _ detail: String) {
        guard findings.count < Self.maximumFindings else {
            isCutShort = true
            return
        }
        findings.append(LogFinding(kind: kind, position: position, detail: detail))
    }

    /// Adds what was found in the records that follow.
    mutating func add(_ other: LogVerification) {
        eventCount += other.eventCount
        byteCount += other.byteCount
        let room = Self.maximumFindings - findings.count
        findings += other.findings.prefix(room)
        if other.isCutShort || other.findings.count > room { isCutShort = true }
    }
}

/// Damage at a position of the log.
public struct LogFinding: Sendable, Equatable, CustomStringConvertible {
    /// What is damaged. More kinds may come, so a `switch` over them needs a `default`.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// One or more records are not there.
        public static let missingRecords = Kind(rawValue: "missingRecords")
        /// An entry whose key is no position.
        public static let foreignEntry = Kind(rawValue: "foreignEntry")
        /// A header that cannot be read, or lengths that do not add up.
        public static let malformedRecord = Kind(rawValue: "malformedRecord")
        /// The record's bytes do not give its leaf hash.
        public static let wrongHash = Kind(rawValue: "wrongHash")
        /// The time lies before that of the event before it.
        public static let timeDecreases = Kind(rawValue: "timeDecreases")
        /// It refers to an event that comes after it.
        public static let forwardReference = Kind(rawValue: "forwardReference")
        /// The payload cannot be decoded.
        public static let undecodable = Kind(rawValue: "undecodable")
        /// The records under a stored tree node do not give it: one of them, or their order, was changed, or the node.
        public static let wrongTreeNode = Kind(rawValue: "wrongTreeNode")
        /// A tree node is not there.
        public static let missingTreeNode = Kind(rawValue: "missingTreeNode")
        /// A tree node that covers no complete group of records.
        public static let foreignTreeNode = Kind(rawValue: "foreignTreeNode")
        /// The log is not, or does not go on from, the one that was expected.
        public static let unexpectedHead = Kind(rawValue: "unexpectedHead")
        /// A page of the file is not as the storage writes it.
        public static let damagedPage = Kind(rawValue: "damagedPage")
        /// A signed checkpoint in the log is not of this log, not signed, or signed by a key that is not trusted.
        public static let wrongCheckpoint = Kind(rawValue: "wrongCheckpoint")
        /// The storage could not read its pages; what follows was not checked.
        public static let unreadable = Kind(rawValue: "unreadable")
    }

    public let kind: Kind
    /// The record, or the first of those, that it concerns.
    public let position: LogPosition
    /// What is wrong, in words.
    public let detail: String

    public init(kind: Kind, position: LogPosition, detail: String) {
        self.kind = kind
        self.position = position
        self.detail = detail
    }

    public var description: String { "event \(position.rawValue): \(detail) (\(kind.rawValue))" }
}
