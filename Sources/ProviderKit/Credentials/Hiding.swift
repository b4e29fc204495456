extension String {
    /// Somebody else's text without the secrets that it was sent: some servers and proxies repeat a request in their errors.
    package func hiding(_ secrets: [Secret]) -> String {
        secrets.reduce(self) { text, secret in
            let plain = secret.revealText()
            guard plain.utf8.count >= Secret.minimumHiddenByteCount else { return text }
            return text.replacing(plain, with: secret.description)
        }
    }

    /// The same, and then no longer than so many characters: cut before, it would keep the beginning of a secret.
    package func hiding(_ secrets: [Secret], cutAt length: Int) -> String {
        let hidden = hiding(secrets)
        let scalars = hidden.unicodeScalars
        guard scalars.count > length else { return hidden }
        return String(String.UnicodeScalarView(scalars.prefix(length))) + "…"
    }
}

extension Secret {
    /// Shorter ones are no secrets, and would be found in any text.
    fileprivate static let minimumHiddenByteCount = 8
}
