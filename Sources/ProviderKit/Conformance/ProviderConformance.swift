import Events

/// The rules of the ingestion contract as checks that every provider runs against a real source of its kind.
public enum ProviderConformance {
    /// Runs all of them in turn, on one source.
    ///
    /// - Throws: ``ConformanceFailure`` that says which rule is broken, or what the provider threw where it should not.
    public static func run(_ fixture: some ConformanceFixture) async throws {
        try await fixture.publish(first)
        try checkLocators(fixture)
        try await checkMissing(fixture)
        let known = try await checkFirstReading(fixture)
        try await checkUnchanged(fixture, known)
        try await checkChanges(fixture, known)
        try await checkPatterns(fixture)
        try await checkInterruption(fixture)
    }

    private static let first: [[UInt8]: [UInt8]] = [
        Array("README.md".utf8): Array("# One\n".utf8),
        Array("empty".utf8): [],
        Array("src/a.swift".utf8): Array("let a = 1\n".utf8),
        Array("src/copy of a.swift".utf8): Array("let a = 1\n".utf8),
        Array("src.txt".utf8): Array("sorted before src/\r\n".utf8),
        Array("src-old/b".utf8): Array("sorted before src.txt\n".utf8),
        Array("deep/er/and/deeper/still".utf8): Array("x".utf8),
        [0x6e, 0x6f, 0xff, 0x74]: Array("a name that is not UTF-8\n".utf8),
        Array("line\nbreak".utf8): Array("a name with a line break\n".utf8),
        Array("binary".utf8): (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) },
    ]

    private static func checkLocators(_ fixture: some ConformanceFixture) throws {
        let normal = try fixture.provider.normalize(fixture.locator)
        try require(normal.provider == fixture.provider.name, "a locator does not keep its provider")
        try require(try fixture.provider.normalize(normal) == normal, "normalising twice is not normalising once")
        for locator in fixture.invalidLocators {
            do {
                _ = try fixture.provider.normalize(locator)
            } catch let error as ProviderError {
                try require(error.errorClass == .permanent, "a bad locator is a transient error: \(locator)")
                continue
            }
            throw ConformanceFailure("a bad locator is taken: \(locator)")
        }
    }

    private static func checkMissing(_ fixture: some ConformanceFixture) async throws {
        do {
            let session = try fixture.provider.session(with: try source(fixture, locator: fixture.missingLocator))
            _ = try await session.head(since: nil)
        } catch let error as ProviderError {
            return try require(!error.message.isEmpty, "an error without a message")
        }
        throw ConformanceFailure("a source that does not exist is reported as there")
    }

    /// Every file comes once, in order, after its content.
    private static func checkFirstReading(_ fixture: some ConformanceFixture) async throws -> RecordedContent {
        let known = try await read(fixture, RecordedContent()).known
        try require(files(known.items) == expected(first, fixture), "the items are not the files that there are")
        try require(
            Set(known.contents.values) == Set(first.values), "the contents handed over are not those of the files")
        let session = try fixture.provider.session(with: try source(fixture))
        var listed: [[UInt8]: SHA1Hash] = [:]
        try await session.identifiers(at: try await session.head(since: nil)) { listed[$0] = $1 }
        try require(listed == files(known.items), "ids alone are not the ids of the items")
        return known
    }

    /// Nothing changed: nothing is handed over, and a provider that can tell says so.
    private static func checkUnchanged(_ fixture: some ConformanceFixture, _ known: RecordedContent) async throws {
        let session = try fixture.provider.session(with: try source(fixture))
        let head = try await session.head(since: known.checkpoint)
        if fixture.provider.capabilities.contains(.incremental) {
            try require(!head.changed, "a source that did not change is reported as changed")
        }
        let (again, stored) = try await read(fixture, known)
        try require(stored == 0, "\(stored) contents are handed over that are there already")
        try require(files(again.items) == files(known.items), "the items differ though nothing changed")
        try require(again.checkpoint == known.checkpoint, "the tree differs though nothing changed")
    }

    /// Edits, additions, removals, a file in the place of a directory and the reverse: only new contents are handed over.
    private static func checkChanges(_ fixture: some ConformanceFixture, _ known: RecordedContent) async throws {
        var second = first
        second[Array("src/a.swift".utf8)] = Array("let a = 2\n".utf8)
        second[Array("added/with/content known".utf8)] = Array("# One\n".utf8)
        second[Array("empty".utf8)] = nil
        second[Array("deep/er/and/deeper/still".utf8)] = nil
        second[Array("deep".utf8)] = Array("a file now\n".utf8)
        second[Array("src.txt".utf8)] = nil
        second[Array("src.txt/now/a directory".utf8)] = Array("let a = 2\n".utf8)
        try await fixture.publish(second)
        let (changed, stored) = try await read(fixture, known)
        try require(files(changed.items) == expected(second, fixture), "after changes the items are not the files")
        try require(stored == 2, "\(stored) contents are handed over, and 2 are new")
        try require(changed.checkpoint != known.checkpoint, "the checkpoint is the same though files changed")
        try await fixture.publish(first)
        let (back, _) = try await read(fixture, changed)
        try require(files(back.items) == expected(first, fixture), "after going back the items are not the files")
        try require(back.checkpoint?.tree == known.checkpoint?.tree, "the same files have another tree")
    }

    /// What patterns leave out is an item with its reason.
    private static func checkPatterns(_ fixture: some ConformanceFixture) async throws {
        try await fixture.publish(first)
        let configuration = RepositoryConfiguration(exclude: [Array("*.swift".utf8), Array("deep/".utf8)])
        let (known, _) = try await read(fixture, RecordedContent(), configuration: configuration)
        let taken = first.filter { path, _ in !path.starts(with: "deep".utf8) && !path.ends(with: ".swift") }
        try require(files(known.items) == expected(taken, fixture), "patterns do not leave out what they say")
        let skipped = known.items.compactMap { item -> String? in
            guard case .skipped(_, _, _, .excluded) = item.content else { return nil }
            return String(decoding: item.path, as: UTF8.self)
        }
        try require(
            skipped == ["deep/", "src/a.swift", "src/copy of a.swift"], "left out without a record: \(skipped)")
    }

    /// A reading that was cut is begun again and ends the same.
    private static func checkInterruption(_ fixture: some ConformanceFixture) async throws {
        try await fixture.publish(first)
        let source = try source(fixture)
        let cut = RecordingSink(contents: [:], failAfter: 3, hash: fixture.hash)
        do {
            let session = try fixture.provider.session(with: source)
            _ = try await session.observe(try await session.head(since: nil), known: RecordedContent(), into: cut)
            throw ConformanceFailure("what the sink throws does not reach the caller")
        } catch is RecordingSink.Interrupted {}
        let partly = RecordedContent(contents: cut.contents)
        let (known, stored) = try await read(fixture, partly, source: source)
        try require(files(known.items) == expected(first, fixture), "after a cut the items are not the files")
        try require(stored == Set(first.values).count - 3, "after a cut contents are handed over again")
    }
}

extension ProviderConformance {
    fileprivate static func source(
        _ fixture: some ConformanceFixture, locator: Locator? = nil, configuration: RepositoryConfiguration = .init()
    ) throws -> Source {
        Source(
            repository: RepositoryID(1), tenant: TenantID(1),
            locator: try locator ?? fixture.provider.normalize(fixture.locator),
            configuration: configuration, limits: SourceLimits(), spoolDirectory: try fixture.makeSpoolDirectory(),
            cacheDirectory: fixture.cacheDirectory)
    }

    /// One reading upon what is known, with what is known then.
    fileprivate static func read(
        _ fixture: some ConformanceFixture, _ known: RecordedContent, configuration: RepositoryConfiguration = .init(),
        source given: Source? = nil
    ) async throws -> (known: RecordedContent, stored: Int) {
        let session = try fixture.provider.session(with: try given ?? source(fixture, configuration: configuration))
        let head = try await session.head(since: known.checkpoint)
        let sink = RecordingSink(contents: known.contents, previous: known.items, hash: fixture.hash)
        let observation = try await session.observe(head, known: known, into: sink)
        let checkpoint = Checkpoint(
            commit: observation.commit, tree: observation.tree, validator: head.validator)
        return (
            RecordedContent(checkpoint: checkpoint, items: sink.allItems, contents: sink.contents), sink.storedCount
        )
    }

    fileprivate static func files(_ items: [ObservedItem]) -> [[UInt8]: SHA1Hash] {
        var files: [[UInt8]: SHA1Hash] = [:]
        for item in items {
            if case .blob(_, let hash, _) = item.content { files[item.path] = hash }
        }
        return files
    }

    fileprivate static func expected(
        _ files: [[UInt8]: [UInt8]], _ fixture: some ConformanceFixture
    ) -> [[UInt8]: SHA1Hash] {
        files.mapValues { fixture.hash($0) }
    }
}

extension Array where Element == UInt8 {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
