/// Every setting's value after flag, environment, file and default, and all that is wrong with them.
struct ResolvedSettings: Sendable {
    /// What was said; several values where several secrets hold. Defaults are not among them.
    let given: [SettingKey: [SettingValue]]
    /// One line each; empty where the settings can be used.
    let problems: [String]
    /// The configuration file, where there is one.
    let file: String?

    init(_ source: SettingsSource) {
        var given: [SettingKey: [SettingValue]] = [:]
        var problems = source.problems
        for key in SettingKey.allCases {
            do throws(CommandError) {
                let values =
                    switch key.definition.kind {
                    case .secrets: try source.secrets(key)
                    case .secret, .key: [try source.secret(key)].compactMap(\.self)
                    default: [try source.value(of: key)].compactMap(\.self)
                    }
                guard !values.isEmpty else { continue }
                let refusals = values.compactMap { key.definition.kind.refusal(of: $0)?.message }
                problems += refusals
                if refusals.isEmpty { given[key] = values }
            } catch {
                problems.append(error.message)
            }
        }
        self.given = given
        self.problems = problems + SettingRules.problems(given)
        file = source.file
    }

    /// Settings that were read before.
    init(given: [SettingKey: [SettingValue]], file: String?) {
        self.given = given
        self.file = file
        problems = SettingRules.problems(given)
    }

    /// Its text, or the default's; nil where there is neither.
    func text(_ key: SettingKey) -> String? { given[key]?.first?.text ?? key.definition.defaultText }

    func origin(_ key: SettingKey) -> SettingOrigin { given[key]?.first?.origin ?? .builtIn }

    func integer(_ key: SettingKey) -> Int? { text(key).flatMap { Int($0) } }

    /// For settings that have a default.
    ///
    /// - Throws: ``CommandError`` where it has none: the table is wrong then.
    func number(_ key: SettingKey) throws(CommandError) -> Int {
        guard let number = integer(key) else { throw Self.missing(key) }
        return number
    }

    /// For settings that have a default.
    ///
    /// - Throws: ``CommandError`` where it has none: the table is wrong then.
    func required(_ key: SettingKey) throws(CommandError) -> String {
        guard let text = text(key) else { throw Self.missing(key) }
        return text
    }

    private static func missing(_ key: SettingKey) -> CommandError {
        CommandError("there is no value for the setting \(key.rawValue), and no default")
    }
}
