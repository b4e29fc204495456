import Events
import Testing

@testable import ingestor

/// Arguments, requests and numbers, there and back.
struct CodingTests {
    @Test func argumentsSurviveWhateverTheirBytes() {
        var generator = SeededGenerator(seed: 11)
        for round in 0..<2000 {
            let length = Int.random(in: 0...12, using: &generator)
            // Often the bytes that begin the last private use plane, which stand for others on the way.
            let bytes = (0..<length).map { _ in
                Bool.random(using: &generator)
                    ? UInt8.random(in: 1 ... .max, using: &generator)
                    : [0xF4, 0x8F, 0xBF, 0xBE, 0xC3, 0x61].randomElement(using: &generator) ?? 1
            }
            #expect(RawArgument.bytes(RawArgument.text(bytes)) == bytes, "seed 11, round \(round)")
        }
        #expect(RawArgument.bytes(RawArgument.text([0xF4, 0x8F, 0xBE, 0x80])) == [0xF4, 0x8F, 0xBE, 0x80])
    }

    @Test func requestsSurviveAndMalformedOnesAreRefused() throws {
        let mode = OutputMode(
            resultsAreTerminal: true, messagesAreTerminal: false, usesColor: true, width: 132, isQuiet: true)
        let request = ControlRequest(
            arguments: [[], [0xFF, 0], Array("sync".utf8)], workingDirectory: [0x2F, 0xFE], mode: mode)
        let encoded = request.encode()
        #expect(try ControlRequest(decoding: encoded) == request)
        for length in 0..<encoded.count {
            #expect(throws: DecodingFailure.self) { try ControlRequest(decoding: Array(encoded[..<length])) }
        }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<5000 {
            var bytes = encoded
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                in: .min ... .max, using: &generator)
            do { _ = try ControlRequest(decoding: bytes) } catch { _ = error.reason }
        }
    }

    @Test func base64IsReadStrictly() {
        #expect(Base64.decode("AAECAw==") == [0, 1, 2, 3])
        for text in ["AAECAw=", "AAECAx==", "AAE!", "=AAE", "A===", "AAECAw==\n"] {
            #expect(Base64.decode(text) == nil)
        }
        #expect(Base64.decode("") == [])
    }

    @Test func whatWasMeantIsFound() {
        let names = ["sync", "stats", "status", "files", "export", "explain"]
        #expect(Spelling.nearest(to: "snyc", in: names) == "sync")
        #expect(Spelling.nearest(to: "expl", in: names) == "explain")
        #expect(Spelling.nearest(to: "stat", in: names) == "stats")
        #expect(Spelling.nearest(to: "zebra", in: names) == nil)
        #expect(Spelling.distance("kitten", "sitting") == 3)
    }

    @Test func numbersReadWell() {
        #expect(Units.count(1_234_567) == "1,234,567")
        #expect(Units.count(-1234) == "-1,234")
        #expect(Units.bytes(1023) == "1023 B")
        #expect(Units.bytes(1536) == "1.50 KiB")
        #expect(Units.fixed(0.995, 2) == "1.00" || Units.fixed(0.995, 2) == "0.99")
        #expect(Units.fixed(-0.001, 2) == "0.00")
        #expect(Units.relative(Timestamp(seconds: 0), to: Timestamp(seconds: 7200)) == "2 hours ago")
        #expect(Units.relative(Timestamp(seconds: 3600), to: Timestamp(seconds: 0)) == "in 1 hour")
        #expect(Printable.text("a\u{1B}[31mb\nc") == "a\\u{1b}[31mb\\nc")
    }

    @Test func environmentNamesAreThoseOfTheSettings() {
        #expect(SettingKey.maxBlobBytes.environmentName == "INGESTOR_MAX_BLOB_BYTES")
        #expect(SettingKey.githubApiUrl.environmentName == "INGESTOR_GITHUB_API_URL")
        #expect(SettingKey.masterKey.environmentFileForm == "INGESTOR_MASTER_KEY_FILE")
    }

    @Test func everySettingIsReadFromTheEnvironment() throws {
        let source = SettingsSource(
            flags: [.concurrency: "7"],
            environment: [
                "INGESTOR_CONCURRENCY": "3", "INGESTOR_MAX_BLOB_BYTES": "100", "INGESTOR_CA_FILE": "/dev/null",
                "INGESTOR_PROXY": "http://proxy:3128", "INGESTOR_MINIMUM_POLL_INTERVAL": "60", "PATH": "/bin",
            ], file: nil)
        let settings = try Settings(source)
        #expect(settings.concurrency == 7, "a flag comes before the environment")
        #expect(settings.maxBlobBytes == 100)
        #expect(settings.caFile == "/dev/null" && settings.proxy == "http://proxy:3128")
        #expect(settings.minimumPollIntervalSeconds == 60 && settings.pollIntervalSeconds == 3600)
        #expect(settings.maxAttempts == 5)
    }
}

/// Splitmix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
