import Events
import GitHub
import Ingest
import Logging
import Server
import Synchronization

/// The settings of a service that runs. Some of them change when it is told to read them again.
final class LiveConfiguration: Sendable {
    private struct Current {
        var resolved: ResolvedSettings
        var settings: Settings
        var reloads = ConfigurationReloads()
    }

    private let reread: @Sendable () -> ResolvedSettings
    private let output: Output
    private let logger: Logger
    private let current: Mutex<Current>

    init(_ context: Context) {
        // Settings that somebody put together, as the demo does, are not read again.
        let reread = context.rereadSettings ?? { ResolvedSettings(given: [:], file: nil) }
        self.reread = reread
        output = context.output
        logger = context.logger
        // What is compared later is what is written down now; what holds is what the command was started with.
        current = Mutex(Current(resolved: reread(), settings: context.settings))
    }

    /// As of now.
    var settings: Settings { current.withLock { $0.settings } }
    var reloads: ConfigurationReloads { current.withLock { $0.reloads } }

    /// Reads the settings again, and has `apply` told of them where they can be used. Where they cannot, nothing changes.
    func reload(_ apply: (Settings) -> Void) {
        let written = reread()
        let old = current.withLock { $0.resolved }
        let changed = SettingKey.allCases.filter { written.texts($0) != old.texts($0) }
        let live = changed.filter { $0.definition.change == .live }
        let merged = old.taking(live, from: written)
        do {
            guard written.problems.isEmpty else { throw ConfigurationError(problems: written.problems) }
            let settings = try Settings(merged)
            current.withLock { current in
                current.resolved = merged
                current.settings = settings
                current.reloads.succeeded += 1
                current.reloads.lastFailed = false
            }
            output.log(from: settings.logLevel, as: settings.logFormat)
            apply(settings)
        } catch {
            let problems = (error as? ConfigurationError)?.problems ?? [CommandError(error).message]
            for problem in problems {
                logger.error(
                    "the configuration is wrong: the one before still holds", metadata: ["problem": "\(problem)"])
            }
            current.withLock { current in
                current.reloads.failed += 1
                current.reloads.lastFailed = true
            }
            return
        }
        for key in changed where key.definition.change == .restart {
            logger.warning(
                "a setting was changed that only holds from the next start", metadata: ["setting": "\(key.rawValue)"])
        }
        let names = live.map(\.rawValue).joined(separator: ", ")
        output.note("The configuration was read again: \(names.isEmpty ? "nothing changed" : "changed \(names)").")
    }
}

extension ResolvedSettings {
    fileprivate func texts(_ key: SettingKey) -> [String] { given[key]?.map(\.text) ?? [] }

    /// These settings with some of others'.
    fileprivate func taking(_ keys: [SettingKey], from other: Self) -> Self {
        var given = given
        for key in keys { given[key] = other.given[key] }
        return Self(given: given, file: file)
    }
}
