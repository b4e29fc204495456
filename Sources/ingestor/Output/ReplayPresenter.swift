import Events
import Projections
import Replay
import State

/// What a replay came to, as people and scripts read it.
struct ReplayPresenter {
    let context: Context

    struct Outcome {
        var report: ReplayReport
        /// Of the live state, where it was compared.
        var liveDigest: SHA256Hash?
        var findings: [ProjectionFinding]?
        /// Where folding and building part, in this program.
        var foldPosition: LogPosition?
        /// Of a replay that ended before the live state: whether it comes to be that.
        var comesToBeLive: Bool?

        init(report: ReplayReport) { self.report = report }

        /// Nil where nothing was compared.
        var equal: Bool? { comesToBeLive ?? findings.map(\.isEmpty) }
        var isEqual: Bool { equal != false && report.firstDifference == nil }
        /// The first position at which anything parts.
        var firstPosition: LogPosition? {
            foldPosition ?? findings?.compactMap(\.firstPosition).min()
        }
    }

    /// Rows that are named of one projection.
    private static let rowsShown = 3

    func show(_ outcome: Outcome) throws {
        if context.json { try context.output.json(Self.json(outcome)) } else { try lines(outcome) }
    }

    private static func json(_ outcome: Outcome) -> [(String, JSONValue)] {
        let report = outcome.report
        return [
            ("events", .uint(report.events)), ("items", .uint(report.items)), ("seconds", .double(report.seconds)),
            ("itemsPerSecond", .double(report.itemsPerSecond)), ("digest", .hash(report.stateDigest)),
            ("liveDigest", outcome.liveDigest.map { .hash($0) } ?? .null),
            ("equal", outcome.equal.map { .bool($0) } ?? .null),
            ("digestsChecked", .count(report.checks.count)),
            ("firstDifferentDigest", report.firstDifference.map { json($0, report) } ?? .null),
            ("firstPosition", .position(outcome.firstPosition)),
            ("differences", .array((outcome.findings ?? []).map(json))),
        ]
    }

    private static func json(_ check: DigestCheck, _ report: ReplayReport) -> JSONValue {
        .object([
            ("position", .position(check.position)), ("agreedEvents", .uint(report.agreedCount)),
            ("events", .uint(check.count)), ("projections", .array(check.differing.map { .string($0) })),
        ])
    }

    private static func json(_ finding: ProjectionFinding) -> JSONValue {
        .object([
            ("projection", .string(finding.projection)), ("cause", .string(finding.cause.rawValue)),
            ("tenants", .array(finding.tenants.map { .uint(UInt64($0.rawValue)) })),
            ("firstPosition", .position(finding.firstPosition)),
            (
                "rows",
                .array(
                    finding.rows.prefix(rowsShown).map { row in
                        .object([
                            ("table", .string(row.difference.table.name)), ("key", .string(hex(row.difference.key))),
                            ("first", .position(row.first)), ("last", .position(row.last)),
                            ("firstMissing", .position(row.firstMissing)),
                        ])
                    })
            ),
        ])
    }

    private func lines(_ outcome: Outcome) throws {
        let (report, style) = (outcome.report, context.style)
        try context.output.line(
            "\(Units.count(report.events, "event")), \(Units.count(report.items, "item")) in \(Units.seconds(report.seconds)): \(Units.count(Int(report.itemsPerSecond))) items a second"
        )
        try context.output.facts([("digest", report.stateDigest.hex)])
        if let check = report.firstDifference {
            try context.output.line(
                "\(style.bad("DIFFERENT")) from the digest in event \(check.position.rawValue), of the first \(Units.count(check.count, "event")): "
                    + "\(check.differing.joined(separator: ", ")). Up to \(Units.count(report.agreedCount, "event")) all recorded digests agree."
            )
        } else if !report.checks.isEmpty {
            try context.output.facts([
                ("recorded", "\(Units.count(report.checks.count, "digest")) in the log  \(style.good("equal"))")
            ])
        }
        guard let live = outcome.liveDigest, let equal = outcome.equal else { return }
        try context.output.facts([("live", "\(live.hex)  \(verdict(equal, outcome, style))")])
        guard let findings = outcome.findings, !findings.isEmpty else { return }
        for finding in findings { try show(finding) }
        if let position = outcome.foldPosition {
            try context.output.line(
                "Folding event by event parts from building at event \(position.rawValue): this is an error of the program."
            )
        }
        try context.output.line("The log is the truth: delete \(context.data.state) and run any command to rebuild it.")
    }

    private func verdict(_ equal: Bool, _ outcome: Outcome, _ style: Style) -> String {
        switch (equal, outcome.comesToBeLive) {
        case (true, nil): style.good("equal")
        case (true, _): style.good("what it comes to be, folded on from there")
        case (false, _): style.bad("DIFFERENT")
        }
    }

    private func show(_ finding: ProjectionFinding) throws {
        let tenants = finding.tenants.map { String($0.rawValue) }.joined(separator: ", ")
        let from = finding.firstPosition.map { ", from event \($0.rawValue) on" } ?? ""
        let cause =
            switch finding.cause {
            case .fold: "it was folded to something else"
            case .rows: "its rows were changed after they had been folded"
            }
        try context.output.line("  differs: \(finding.projection), tenant \(tenants)\(from): \(cause)")
        for row in finding.rows.prefix(Self.rowsShown) {
            let difference = row.difference
            let what =
                switch (difference.live, difference.rebuilt) {
                case (nil, _): "is missing"
                case (_, nil): "should not be there"
                default: "is another one"
                }
            let events =
                switch (row.firstMissing, row.first, row.last) {
                case (let missing?, _, _): "; event \(missing.rawValue) is missing in it"
                case (nil, let first?, let last?) where first == last: "; event \(first.rawValue) makes it"
                case (nil, let first?, let last?): "; events \(first.rawValue) to \(last.rawValue) make it"
                default: ""
                }
            try context.output.line("    \(difference.table.name) \(Self.hex(difference.key)) \(what)\(events)")
        }
        if finding.rows.count > Self.rowsShown {
            try context.output.line("    and \(Units.count(finding.rows.count - Self.rowsShown, "row")) more")
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { text, byte in text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    }
}
