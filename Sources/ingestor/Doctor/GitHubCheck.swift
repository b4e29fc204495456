import Events
import GitHub
import ProviderKit

/// GitHub, as the settings have it: asked a few times, without cost.
struct GitHubCheck {
    let provider: GitHubProvider
    let options: GitHubOptions

    /// GitHub refuses the App's tokens where the clocks are further apart than about this.
    static let maximumClockSeconds = 60.0
    /// With less than this share of the limit left work is held back.
    static let lowShare = 0.1

    func findings() async -> [Finding] { await api() + app() + git() }

    private func api() async -> [Finding] {
        do {
            let reach = try await provider.reachAPI()
            var findings: [Finding] = []
            if reach.isTokenRefused {
                findings.append(
                    .wrong(
                        .gitHub, "\(options.apiURL) does not know the token",
                        advice: "it was revoked or has run out: make a new one, and set INGESTOR_GITHUB_TOKEN_FILE"))
            } else {
                findings.append(limit(reach))
            }
            return findings + [clock(reach)].compactMap(\.self)
        } catch {
            return [unreachable(options.apiURL, error, setting: .githubApiUrl)]
        }
    }

    private func limit(_ reach: GitHubReach) -> Finding {
        guard let left = reach.requestsLeft, let limit = reach.requestLimit else {
            return .ok(.gitHub, "\(options.apiURL) is reached; it names no limit")
        }
        let who = options.identity.token == nil ? "anybody at this address" : "the token"
        let text = "\(options.apiURL) is reached; \(left) of \(limit) requests an hour are left to \(who)"
        guard Double(left) < Self.lowShare * Double(limit) else { return .ok(.gitHub, text) }
        return .warning(.gitHub, text, advice: "work waits until the limit is reset; an App has a larger one")
    }

    private func clock(_ reach: GitHubReach) -> Finding? {
        guard let date = reach.date else { return nil }
        let apart = abs(Double(Context.now().microseconds - date.microseconds) / 1e6)
        let text = "the clock is \(Units.fixed(apart, 0)) seconds from GitHub's"
        guard apart > Self.maximumClockSeconds else { return .ok(.gitHub, text) }
        return .wrong(
            .gitHub, text, advice: "set it (`timedatectl set-ntp true`): GitHub refuses an App whose clock is off")
    }

    private func app() async -> [Finding] {
        do {
            guard let app = try await provider.reachApp() else { return [] }
            let count = app.installations.map { ", with \(Units.count($0, "installation"))" } ?? ""
            var findings: [Finding] = [.ok(.gitHub, "the App is \(Printable.text(app.slug))\(count)")]
            if !app.missingPermissions.isEmpty {
                findings.append(
                    .wrong(
                        .gitHub, "the App lacks the permission \(app.missingPermissions.joined(separator: ", "))",
                        advice: "give it read access on the App's page, and accept that in each installation"))
            }
            if !app.missingEvents.isEmpty {
                findings.append(
                    .warning(
                        .gitHub, "the App does not hear of \(app.missingEvents.joined(separator: ", "))",
                        advice: "tick these events on the App's page: until then polls find what they tell"))
            }
            if app.installations == 0 {
                findings.append(
                    .warning(
                        .gitHub, "the App is installed nowhere",
                        advice: "install it on the organisation whose code is read"))
            }
            return findings
        } catch {
            return [
                .wrong(
                    .gitHub, "GitHub does not take the App: \(CommandError(error).message)",
                    advice: "check INGESTOR_GITHUB_APP_ID and the private key, which GitHub shows once")
            ]
        }
    }

    private func git() -> [Finding] {
        do {
            try provider.reachGit()
            return [.ok(.gitHub, "\(options.gitURL) is reached")]
        } catch {
            return [unreachable(options.gitURL, error, setting: .githubGitUrl)]
        }
    }

    private func unreachable(_ url: String, _ error: any Error, setting: SettingKey) -> Finding {
        let message = (error as? ProviderError)?.message ?? CommandError(error).message
        return .wrong(
            .gitHub, "\(url) is not reached: \(message)",
            advice: "check the network, \(SettingKey.proxy.environmentName), \(SettingKey.caFile.environmentName) and "
                + "\(setting.environmentName); `--offline` leaves this out")
    }
}
