import Configuration

/// One setting's text and who said it.
struct SettingValue: Sendable {
    var text: String
    /// `--concurrency`, `INGESTOR_CONCURRENCY`, `concurrency in ingestor.yaml`.
    var origin: String
    var isSecret = false

    func refused(_ expected: String) -> CommandError {
        .usage("\(origin) has to be \(expected)\(isSecret ? "" : ", not \"\(Printable.text(text))\"")")
    }

    func integer(in range: ClosedRange<Int>) throws(CommandError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw refused("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// Flags, environment, file: the first that has a setting decides.
struct SettingsSource: Sendable {
    private let layers: [(values: any ConfigSnapshot, origin: @Sendable (String) -> String)]

    /// - Parameters:
    ///   - flags: values of command line options.
    ///   - environment: all variables of the process.
    ///   - file: the YAML file of `--config`.
    /// - Throws: ``CommandError`` (usage) for unknown names, and a file that cannot be read.
    init(flags: [SettingKey: String], environment: [String: String], file: String?) throws {
        for name in environment.keys.sorted() where name.hasPrefix(SettingKey.environmentPrefix) {
            guard SettingKey.environmentNames.contains(name) else {
                throw Self.unknown("environment variable \(name)", name, Array(SettingKey.environmentNames))
            }
        }
        let values = flags.map {
            (AbsoluteConfigKey([$0.key.rawValue], context: [:]), ConfigValue(.string($0.value), isSecret: false))
        }
        var layers: [(values: any ConfigSnapshot, origin: @Sendable (String) -> String)] = [
            (
                InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)).snapshot(),
                { "--\(Self.flagName($0))" }
            ),
            (
                KeyMappingProvider(upstream: EnvironmentVariablesProvider(environmentVariables: environment)) {
                    $0.prepending(["ingestor"])
                }.snapshot(), { key in SettingKey.allCases.first { $0.rawValue == key }?.environmentName ?? key }
            ),
        ]
        if let file {
            do {
                let bytes = try FileSystem.read(file)
                try Self.checkNames(of: String(decoding: bytes, as: UTF8.self), in: file)
                let values = try YAMLSnapshot(data: bytes.span.bytes, providerName: file, parsingOptions: .default)
                layers.append((values, { "`\($0)` in \(file)" }))
            } catch let error as CommandError {
                throw error
            } catch {
                throw CommandError.usage("the configuration file cannot be used: \(error)")
            }
        }
        self.layers = layers
    }

    /// The text of a setting; nil where nobody says anything.
    func string(_ key: SettingKey) throws(CommandError) -> SettingValue? {
        try value(named: key.rawValue, isSecret: key.isSecret)
    }

    /// The texts of a secret of which several may hold: a list in the configuration file, or one a line.
    func secrets(_ key: SettingKey) throws -> [SettingValue] {
        for layer in layers {
            let list: ConfigValue?
            do {
                list = try layer.values.value(
                    forKey: AbsoluteConfigKey([key.rawValue], context: [:]), type: .stringArray
                )
                .value
            } catch {
                // It is no list; then it is a single value, or none.
                continue
            }
            guard let list, case .stringArray(let texts) = list.content, texts.count > 1 else { continue }
            let others = try value(named: key.fileForm, isSecret: false)
            guard others == nil else { return try [secret(key)].compactMap { $0 } }
            return texts.map { SettingValue(text: $0, origin: layer.origin(key.rawValue), isSecret: true) }
        }
        guard let value = try secret(key) else { return [] }
        return value.text.split(whereSeparator: \.isNewline).map(Self.trimmed).filter { !$0.isEmpty }.map {
            SettingValue(text: $0, origin: value.origin, isSecret: true)
        }
    }

    /// The text of a secret, be it given itself or as a file; both together are an error.
    func secret(_ key: SettingKey) throws -> SettingValue? {
        let direct = try string(key)
        guard let file = try value(named: key.fileForm, isSecret: false) else { return direct }
        if let direct {
            throw CommandError.usage("\(direct.origin) and \(file.origin) are both given: keep one of them")
        }
        let text = String(decoding: try FileSystem.read(file.text), as: UTF8.self)
        return SettingValue(text: Self.trimmed(text), origin: file.origin, isSecret: true)
    }

    private func value(named name: String, isSecret: Bool) throws(CommandError) -> SettingValue? {
        for layer in layers {
            let found: ConfigValue?
            do {
                found = try layer.values.value(forKey: AbsoluteConfigKey([name], context: [:]), type: .string).value
            } catch {
                throw CommandError.usage("\(layer.origin(name)) has to be a single value")
            }
            if let found, case .string(let text) = found.content {
                return SettingValue(text: text, origin: layer.origin(name), isSecret: isSecret)
            }
        }
        return nil
    }

    /// Every line of the file that is not indented has to begin with a name that is known. YAML allows more ways to write a
    /// mapping; they are refused, so that no name can hide in them.
    private static func checkNames(of text: String, in file: String) throws(CommandError) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard let first = line.first, !first.isWhitespace, first != "#", first != "-" else { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw CommandError.usage("\(file), line \(index + 1): write `name: value`")
            }
            let name = String(line[..<colon])
            guard SettingKey.fileNames.contains(name) else {
                throw unknown(
                    "setting `\(Printable.text(name))` in \(file), line \(index + 1),", name,
                    Array(SettingKey.fileNames))
            }
        }
    }

    private static func unknown(_ what: String, _ name: String, _ known: [String]) -> CommandError {
        let likely = Spelling.nearest(to: name, in: known).map { ": did you mean \($0)?" } ?? ""
        return .usage("the \(what) is unknown\(likely)")
    }

    private static func flagName(_ key: String) -> String {
        key.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = Substring(text)
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
