/// What settings must not say together.
enum SettingRules {
    static func problems(_ given: [SettingKey: [SettingValue]]) -> [String] {
        func origin(_ key: SettingKey) -> SettingOrigin? { given[key]?.first?.origin }
        func number(_ key: SettingKey) -> Int? { given[key]?.first.flatMap { Int($0.text) } }
        var problems: [String] = []

        for (one, other, reason) in [
            (SettingKey.githubAppId, SettingKey.githubPrivateKey, "a GitHub App needs both"),
            (.githubPrivateKey, .githubAppId, "a GitHub App needs both"),
            (.githubClientId, .githubClientSecret, "the tokens of users are renewed with both"),
            (.githubApiUrl, .githubGitUrl, "an Enterprise Server has both"),
            (.githubGitUrl, .githubApiUrl, "an Enterprise Server has both"),
        ] {
            guard let origin = origin(one), given[other] == nil else { continue }
            problems.append("\(origin) is set and \(other.environmentName) is not: \(reason)")
        }
        if let secret = origin(.githubClientSecret), given[.githubClientId] == nil, given[.githubAppId] == nil {
            problems.append(
                "\(secret) is set and neither \(SettingKey.githubClientId.environmentName) nor "
                    + "\(SettingKey.githubAppId.environmentName) is: the tokens of users are renewed with both")
        }
        if let least = number(.minimumPollInterval), let most = number(.pollInterval), least > most,
            let origin = origin(.minimumPollInterval)
        {
            problems.append(
                "\(origin) is \(least) seconds, and pollInterval is only \(most): it has to be the shorter one")
        }
        if number(.gcInterval) == 0, given[.gcRecompress]?.first?.text == "true", let origin = origin(.gcRecompress) {
            problems.append("\(origin) asks for work in a collection, and gcInterval 0 says that there is none")
        }
        return problems
    }
}
