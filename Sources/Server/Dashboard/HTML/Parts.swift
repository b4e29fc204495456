extension HTML {
    static func badge(_ text: String, _ kind: String = "") -> HTML { "<span class=\"badge \(kind)\">\(text)</span>" }

    /// Names and values, in one box.
    static func facts(_ facts: [(String, HTML)]) -> HTML {
        let parts: [HTML] = facts.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" }
        return "<dl class=\"facts\">\(parts)</dl>"
    }

    /// Figures that matter, each in a box of its own, with a word on each.
    static func tiles(_ tiles: [(name: String, value: HTML, note: HTML)]) -> HTML {
        let parts: [HTML] = tiles.map { tile in
            let note: HTML = tile.note.text.isEmpty ? "" : "<dd class=\"note\">\(tile.note)</dd>"
            return "<div><dt>\(tile.name)</dt><dd>\(tile.value)</dd>\(note)</div>"
        }
        let kind = tiles.count == 6 ? "tiles six" : "tiles"
        return "<dl class=\"\(kind)\">\(parts)</dl>"
    }

    /// How things stand, in a sentence.
    static func verdict(_ kind: String, _ text: String, _ more: HTML) -> HTML {
        let sign: HTML =
            kind == "good"
            ? "<path d=\"M7 12.5l3.3 3.3L17 9\"/>" : "<path d=\"M12 7v6M12 16.6v.2\"/>"
        return """
            <div class="verdict \(kind)"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" \
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="10.5" opacity=".35"/>\(sign)</svg>\
            <div><strong>\(text)</strong><span>\(more)</span></div></div>
            """
    }

    /// How much of something is used, or left.
    ///
    /// - Parameters:
    ///   - share: from 0 to 1.
    ///   - isUse: it is what is used; else what is left.
    static func meter(_ share: Double, isUse: Bool = false) -> HTML {
        let percent = Int((min(1, max(0, share)) * 100).rounded())
        let left = isUse ? 100 - percent : percent
        let kind = left < 10 ? "bad" : left < 30 ? "warn" : "good"
        return """
            <svg class="meter" viewBox="0 0 100 5" preserveAspectRatio="none" role="img" aria-label="\(percent) percent \(isUse ? "used" : "left")">\
            <rect class="track" width="100" height="5"/><rect class="\(kind)" width="\(percent)" height="5"/></svg>
            """
    }
}
