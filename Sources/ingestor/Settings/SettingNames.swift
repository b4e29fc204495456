/// Finds names that are no settings, in the environment and in the configuration file.
enum SettingNames {
    private static let inFile = SettingKey.allCases.flatMap(\.fileNames)
    private static let inEnvironment =
        SettingKey.allCases.flatMap(\.environmentNames) + [SettingKey.configurationVariable]

    /// A variable with our prefix is meant for us, so one that is unknown is a slip of the pen.
    static func problems(in environment: [String: String]) -> [String] {
        environment.keys.sorted().compactMap { name in
            guard name.hasPrefix(SettingKey.environmentPrefix), !inEnvironment.contains(name) else { return nil }
            return unknown("environment variable \(Printable.text(name))", name, inEnvironment)
        }
    }

    /// Every line of the file that is not indented has to begin with a name that is known. YAML allows more ways to write a
    /// mapping; they are refused, so that no name can hide in them.
    static func problems(in text: String, of file: String) -> [String] {
        var problems: [String] = []
        var lines: [String: Int] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            guard let first = line.first, !first.isWhitespace, first != "#", first != "-" else { continue }
            guard let colon = line.firstIndex(of: ":") else {
                problems.append("\(file), line \(index + 1): write `name: value`")
                continue
            }
            let name = String(line[..<colon])
            if !inFile.contains(name) {
                problems.append(
                    unknown("setting `\(Printable.text(name))` in \(file), line \(index + 1),", name, inFile))
            } else if let earlier = lines.updateValue(index + 1, forKey: name) {
                problems.append(
                    "`\(name)` is given twice in \(file), lines \(earlier) and \(index + 1): keep one of them")
            }
        }
        return problems
    }

    private static func unknown(_ what: String, _ name: String, _ known: [String]) -> String {
        let likely = Spelling.nearest(to: name, in: known).map { ": did you mean \($0)?" } ?? ""
        return "the \(what) is unknown\(likely)"
    }
}
