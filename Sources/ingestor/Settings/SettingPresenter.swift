import Events

/// Settings for somebody who wants to know them. No secret is shown, and nothing that tells of one.
enum SettingPresenter {
    static let mask = "••••••••"

    static func row(_ key: SettingKey, _ resolved: ResolvedSettings, _ style: Style) -> [Table.Cell] {
        let isGiven = resolved.given[key] != nil
        return [
            .init(key.rawValue), .init(shown(key, resolved), isGiven ? nil : style.dim),
            .init(origin(key, resolved), isGiven ? style.accent : style.dim),
        ]
    }

    static func json(_ key: SettingKey, _ resolved: ResolvedSettings) -> [(String, JSONValue)] {
        let origin = resolved.origin(key)
        let values = resolved.given[key] ?? []
        var fields: [(String, JSONValue)] = [
            ("setting", .string(key.rawValue)), ("value", value(key, resolved)),
            ("isSet", .bool(!values.isEmpty)), ("isSecret", .bool(key.isSecret)), ("origin", .string(origin.word)),
        ]
        switch origin {
        case .flag(let name), .environment(let name): fields.append(("name", .string(name)))
        case .file(let name, let path): fields += [("name", .string(name)), ("file", .string(path))]
        case .builtIn: break
        }
        if let file = values.first?.secretFile { fields.append(("secretFile", .string(file))) }
        if values.count > 1 { fields.append(("count", .count(values.count))) }
        return fields + [("change", .string(key.definition.change.rawValue))]
    }

    private static func value(_ key: SettingKey, _ resolved: ResolvedSettings) -> JSONValue {
        guard let text = resolved.text(key) else { return .null }
        if key.isSecret { return .string(mask) }
        switch key.definition.kind {
        case .integer: return resolved.integer(key).map { .int(Int64($0)) } ?? .null
        case .boolean: return .bool(text == "true")
        default: return .string(visible(key, text))
        }
    }

    private static func shown(_ key: SettingKey, _ resolved: ResolvedSettings) -> String {
        guard let text = resolved.text(key) else { return "(\(plain(key.definition.withoutValue)))" }
        guard key.isSecret else { return visible(key, text) }
        let count = resolved.given[key]?.count ?? 1
        return count > 1 ? "\(mask) (\(count) of them)" : mask
    }

    /// A URL may hold a password.
    private static func visible(_ key: SettingKey, _ text: String) -> String {
        switch key.definition.kind {
        case .url, .proxy: Printable.source(text.utf8)
        default: Printable.text(text)
        }
    }

    private static func origin(_ key: SettingKey, _ resolved: ResolvedSettings) -> String {
        let file = resolved.given[key]?.first?.secretFile.map { " (\(Printable.text($0)))" } ?? ""
        return Printable.text(resolved.origin(key).description) + file
    }

    private static func plain(_ text: String) -> String { text.replacing("`", with: "") }
}
