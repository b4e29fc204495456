import Configuration

/// Flags, environment, file: the first that has a setting decides.
struct SettingsSource: Sendable {
    private struct Layer: Sendable {
        let values: any ConfigSnapshot
        let origin: @Sendable (_ name: String) -> SettingOrigin
    }

    private let layers: [Layer]
    /// The configuration file, where there is one.
    let file: String?
    /// What is wrong already: names that are unknown, a file that cannot be read.
    let problems: [String]

    /// - Parameters:
    ///   - flags: values of command line options.
    ///   - environment: all variables of the process.
    ///   - file: the YAML file of `--config`; nil: the one that the environment names.
    init(flags: [SettingKey: String], environment: [String: String], file: String?) {
        let values = flags.map {
            (AbsoluteConfigKey([$0.key.rawValue], context: [:]), ConfigValue(.string($0.value), isSecret: false))
        }
        var layers = [
            Layer(values: InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)).snapshot()) { name in
                .flag(SettingKey(rawValue: name)?.flagName ?? name)
            },
            Layer(
                values: KeyMappingProvider(upstream: EnvironmentVariablesProvider(environmentVariables: environment)) {
                    $0.prepending(["ingestor"])
                }.snapshot()
            ) { name in .environment(Self.environmentName(name)) },
        ]
        var problems = SettingNames.problems(in: environment)
        self.file = file ?? environment[SettingKey.configurationVariable].flatMap { $0.isEmpty ? nil : $0 }
        if let path = self.file {
            do {
                let bytes = try FileSystem.read(path)
                let wrongNames = SettingNames.problems(in: String(decoding: bytes, as: UTF8.self), of: path)
                problems += wrongNames
                do {
                    let values = try YAMLSnapshot(data: bytes.span.bytes, providerName: path, parsingOptions: .default)
                    layers.append(Layer(values: values) { .file($0, path: path) })
                } catch {
                    // A name that stands twice makes the file unreadable as well.
                    if wrongNames.isEmpty { problems.append(Self.malformed(path, error)) }
                }
            } catch {
                problems.append("the configuration file cannot be used: \(error)")
            }
        }
        self.layers = layers
        self.problems = problems
    }

    /// The parser shows the file's text around what it does not like, and a secret may stand there: only the line is told.
    private static func malformed(_ path: String, _ error: any Error) -> String {
        let text = String(describing: error)
        let line = text.ranges(of: "in line ").last.map { text[$0.upperBound...].prefix(while: \.isNumber) } ?? ""
        return "\(path) is not valid YAML\(line.isEmpty ? "" : ", near line \(line)"): check its indentation and quotes"
    }

    private static func environmentName(_ name: String) -> String {
        for key in SettingKey.allCases {
            if name == key.rawValue { return key.environmentName }
            if name == key.fileForm { return key.environmentFileForm }
        }
        return name
    }

    /// The text of a setting; nil where nobody says anything.
    func value(of key: SettingKey) throws(CommandError) -> SettingValue? {
        try value(named: key.rawValue, isSecret: key.isSecret)
    }

    /// The texts of a secret of which several may hold: a list in the configuration file, or one a line.
    func secrets(_ key: SettingKey) throws(CommandError) -> [SettingValue] {
        if let list = list(key), try value(named: key.fileForm, isSecret: false) == nil { return list }
        guard let value = try secret(key) else { return [] }
        let lines = value.text.split(whereSeparator: \.isNewline).map(Self.trimmed).filter { !$0.isEmpty }
        return lines.map { line in
            var one = value
            one.text = line
            return one
        }
    }

    /// A list with more than one element, in the layer that decides.
    private func list(_ key: SettingKey) -> [SettingValue]? {
        for layer in layers {
            let found: ConfigValue?
            do {
                found = try layer.values.value(
                    forKey: AbsoluteConfigKey([key.rawValue], context: [:]), type: .stringArray
                ).value
            } catch {
                // It is no list; then it is a single value.
                return nil
            }
            guard let found, case .stringArray(let texts) = found.content else { continue }
            guard texts.count > 1 else { return nil }
            return texts.map { SettingValue(text: $0, origin: layer.origin(key.rawValue), isSecret: true) }
        }
        return nil
    }

    /// The text of a secret, be it given itself or as a file; both together are an error.
    func secret(_ key: SettingKey) throws(CommandError) -> SettingValue? {
        let direct = try value(of: key)
        guard let file = try value(named: key.fileForm, isSecret: false) else { return direct }
        if let direct {
            throw CommandError.usage("\(direct.origin) and \(file.origin) are both given: keep one of them")
        }
        if let failure = file.unreadableFile(file.text) { throw failure }
        do {
            let text = String(decoding: try FileSystem.read(file.text), as: UTF8.self)
            return SettingValue(text: Self.trimmed(text), origin: file.origin, isSecret: true, secretFile: file.text)
        } catch {
            throw CommandError.usage("\(file.origin) names a file that cannot be read: \(error)")
        }
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

    private static func trimmed(_ text: some StringProtocol) -> String {
        var rest = Substring(text)
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
