import Events
import Queries

/// Events as people and scripts read them.
struct EventPresenter {
    private let context: Context
    private var forms: EventForms
    /// The path that is asked about: of events with many items only this one is shown.
    var path: [UInt8]?
    /// Whether each line names its source.
    var showsSource = true

    init(_ context: Context, _ queries: Queries) {
        self.context = context
        forms = EventForms(queries)
    }

    mutating func show(_ envelope: Envelope) throws {
        if context.json {
            try context.output.json(try forms.fields(envelope))
        } else {
            try context.output.line(line(envelope, try forms.locator(of: envelope.header.repository)))
        }
    }

    /// `position  time  kind  what  source`; on a terminal no longer than it is wide.
    private func line(_ envelope: Envelope, _ name: String?) -> String {
        let style = context.style
        let position = Self.padded(String(envelope.position.rawValue), Self.positionWidth, isRight: true)
        let kind = Self.padded(envelope.event.kind.name, Self.kindWidth)
        let time = Units.time(envelope.header.time)
        var summary = Printable.text(summary(envelope))
        var source = showsSource && envelope.event.kind != .repositoryAdded ? name.map { Printable.text($0) } ?? "" : ""
        if context.output.mode.resultsAreTerminal {
            let room = max(
                Self.minimumRoom, context.output.mode.width - Self.positionWidth - time.count - Self.kindWidth - 6)
            summary = Self.shortened(summary, to: room)
            if summary.count + 2 + source.count > room { source = "" }
        }
        let end = source.isEmpty ? "" : "  " + style.dim(source)
        return "\(style.dim(position))  \(time)  \(paint(envelope.event.kind)(kind))  \(summary)\(end)"
    }

    private static let positionWidth = 7
    private static let kindWidth = 16
    /// A summary gets so many columns even where the terminal is narrower.
    private static let minimumRoom = 30

    private static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return isRight ? padding + text : text + padding
    }

    private static func shortened(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }

    private func summary(_ envelope: Envelope) -> String {
        if let path, case .itemsChanged(let changes) = envelope.event,
            let item = changes.items.first(where: { $0.path == path })
        {
            return "\(String(decoding: path, as: UTF8.self)): \(EventSummary.text(item))"
        }
        if let path, let text = versions(of: path, in: envelope.event) {
            return "\(String(decoding: path, as: UTF8.self)): \(text)"
        }
        return EventSummary.text(envelope.event)
    }

    private func versions(of path: [UInt8], in event: Event) -> String? {
        let (versions, isRestored): ([ReleasedVersion], Bool)
        switch event {
        case .versionsReleased(let payload): (versions, isRestored) = (payload.versions, false)
        case .versionsRestored(let payload): (versions, isRestored) = (payload.versions, true)
        default: return nil
        }
        let mine = versions.filter { $0.path == path }
        guard let first = mine.first else { return nil }
        let rest = mine.count > 1 ? " and \(Units.count(mine.count - 1)) more" : ""
        return ReleaseSummary.text(first, isRestored: isRestored) + rest
    }

    private func paint(_ kind: EventKind) -> (String) -> String {
        let style = context.style
        return switch kind {
        case .syncCompleted, .blobRepaired, .blobsRestored, .versionsRestored: style.good
        case .pollFailed, .fetchFailed, .syncFailed, .jobDeadLettered, .blobCorrupted, .blobRefused: style.bad
        case .retryScheduled, .jobRequeued, .jobDropped, .blobsReleased, .blobsDeleted, .versionsReleased,
            .bodiesReleased:
            style.warning
        default: style.accent
        }
    }
}
