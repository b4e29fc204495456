import Glibc

/// The settings, as far as they can be judged without asking anybody.
struct ConfigurationCheck {
    let resolved: ResolvedSettings

    /// A shorter secret can be guessed.
    static let shortestSecret = 16

    func findings() -> [Finding] {
        guard resolved.problems.isEmpty else {
            return resolved.problems.map {
                .wrong(.configuration, $0, advice: "see `ingestor config reference` for every setting")
            }
        }
        let file = resolved.file.map { " in \(Printable.text($0)) and the environment" } ?? ""
        return [.ok(.configuration, "\(Units.count(resolved.given.count, "setting")) given\(file)")] + secrets()
            + access()
    }

    private func secrets() -> [Finding] {
        var findings: [Finding] = []
        for key in SettingKey.allCases where key.isSecret {
            guard let values = resolved.given[key] else { continue }
            if key == .adminToken || key == .githubWebhookSecret,
                values.contains(where: { $0.text.utf8.count < Self.shortestSecret })
            {
                findings.append(
                    .warning(
                        .configuration, "\(values[0].origin) is shorter than \(Self.shortestSecret) characters",
                        advice: "make a longer one: `openssl rand -hex 32`"))
            }
            if let file = values.first?.secretFile { findings += [openness(of: file)].compactMap(\.self) }
        }
        if let file = resolved.file, SettingKey.allCases.contains(where: { isSecret($0, in: file) }) {
            findings += [openness(of: file)].compactMap(\.self)
        }
        return findings
    }

    private func isSecret(_ key: SettingKey, in file: String) -> Bool {
        guard key.isSecret, let value = resolved.given[key]?.first, value.secretFile == nil else { return false }
        if case .file = value.origin { return true }
        return false
    }

    /// A file with a secret that anybody on this machine may read.
    private func openness(of file: String) -> Finding? {
        var status = stat()
        guard stat(file, &status) == 0, status.st_mode & 0o004 != 0 else { return nil }
        let name = Printable.text(file)
        return .warning(
            .configuration, "\(name) holds a secret, and everybody on this machine may read it",
            advice: "chmod o-rwx \(name)")
    }

    private func access() -> [Finding] {
        var findings: [Finding] = []
        if resolved.given[.githubWebhookSecret] == nil {
            findings.append(
                .warning(
                    .configuration,
                    "no webhook secret is set: webhooks are refused, and changes are found by polls alone",
                    advice: "set \(SettingKey.githubWebhookSecret.environmentFileForm) (see \"Setting up the App\")"))
        }
        let listen = resolved.text(.listen) ?? ""
        let host = listen.lastIndex(of: ":").map { String(listen[..<$0]) } ?? ""
        if !host.hasPrefix("127."), host != "localhost", host != "[::1]" {
            findings.append(
                .warning(
                    .configuration, "the service listens on \(Printable.text(host)), for others than this machine",
                    advice: "it speaks HTTP: let a proxy in front end TLS, and keep everybody else out"))
        }
        return findings
    }
}
