import ArgumentParser

/// The names of the commands, and what somebody who misspells one probably meant.
enum CommandTree {
    /// Arguments in the order in which ArgumentParser expects them.
    struct Arrangement {
        /// The command that the words lead to; a group of commands where they lead no further.
        var command: any ParsableCommand.Type = Root.self
        /// The words that lead to it, and all that follows them.
        var words: [String] = []
        var options: [String]

        var arguments: [String] { words + options }
    }

    /// Brings global options behind the command, and finds misspelt commands.
    ///
    /// - Throws: ``CommandError`` (usage).
    static func arrange(_ arguments: [String]) throws(CommandError) -> Arrangement {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-") {
            let name = String(first.prefix { $0 != "=" })
            guard let takesValue = GlobalOptions.names[name] else { return Arrangement(options: arguments) }
            leading.append(rest.removeFirst())
            if takesValue, !first.contains("="), let value = rest.popFirst() { leading.append(value) }
        }
        var command: any ParsableCommand.Type = Root.self
        var words: [String] = []
        while let word = rest.first, !word.hasPrefix("-"), !command.configuration.subcommands.isEmpty {
            if words.isEmpty, word == "help" { return Arrangement(options: arguments) }
            let known = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
            guard let next = command.configuration.subcommands.first(where: { $0.isCalled(word) }) else {
                throw unknown(word, after: words, known.map { $0.name })
            }
            command = next
            words.append(rest.removeFirst())
        }
        return Arrangement(command: command, words: words, options: leading + rest)
    }

    /// The words that lead to a command.
    static func path(to wanted: any ParsableCommand.Type) -> [String] {
        func search(_ command: any ParsableCommand.Type) -> [String]? {
            if command == wanted { return [] }
            for next in command.configuration.subcommands {
                if let rest = search(next) { return [next.name] + rest }
            }
            return nil
        }
        return search(Root.self) ?? []
    }

    private static func unknown(_ word: String, after words: [String], _ known: [String]) -> CommandError {
        let written = (words + [Printable.text(word)]).joined(separator: " ")
        let prefix = words.isEmpty ? "" : words.joined(separator: " ") + " "
        let advice: String
        if let likely = Spelling.nearest(to: word, in: known) {
            advice = "Did you mean `ingestor \(prefix)\(likely)`?"
        } else {
            advice = "There are: \(known.joined(separator: ", ")). See `ingestor \(prefix)--help`."
        }
        return .usage("there is no command `\(written)`. \(advice)")
    }
}

extension ParsableCommand {
    fileprivate static var name: String { Self._commandName }

    fileprivate static func isCalled(_ word: String) -> Bool {
        name == word || configuration.aliases.contains(word)
    }
}
