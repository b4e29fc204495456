// swift-tools-version: 6.2
import PackageDescription

// One list of layers: what a target may import is what it names here, and the build refuses the rest
// (`tools/check` builds with the explicit import check on). Read it from the top: C handles, then the
// log and the store, then the state folded from the log, then what observes the world and drives it.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func support(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/Support/\(name)", swiftSettings: strict)
}

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// For `tools/soak fuzz`: the program becomes a library without its entry, so that a fuzzer that brings one can link it.
let isFuzzed = Context.environment["INGESTOR_FUZZ"] != nil

let programDependencies: [Target.Dependency] = [
    "Events", "EventLog", "Silo", "Projections", "State", "Replay", "Queries", "ProviderKit", "Git", "GitHub",
    "Directory",
    "Ingest", "Server", "Vault", "GitHubSimulator", "LMDB", "OpenSSL", "Zstd", "CBuild", argumentParser, configuration,
    logging,
    unixSignals,
]

let program: [Target] =
    isFuzzed
    ? [
        .target(
            name: "ingestor", dependencies: programDependencies, exclude: ["main.swift"], swiftSettings: strict),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "ingestor"], path: "Tests/Fuzz/Runner", swiftSettings: strict),
    ] : [.executableTarget(name: "ingestor", dependencies: programDependencies, swiftSettings: strict)]

let package = Package(
    name: "ingestor",
    platforms: [.macOS(.v26)],
    products: [
        isFuzzed
            ? .executable(name: "fuzz", targets: ["fuzz"]) : .executable(name: "ingestor", targets: ["ingestor"]),
        .library(name: "EventLog", targets: ["EventLog"]),
        .library(name: "Silo", targets: ["Silo"]),
        .library(name: "State", targets: ["State"]),
        .library(name: "Events", targets: ["Events"]),
        .library(name: "GitHubSimulator", targets: ["GitHubSimulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries, and the one Swift module that owns each one's handles.
        system("CLMDB", pkgConfig: "lmdb", apt: "liblmdb-dev"),
        system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
        .target(
            name: "CBuild", path: "Sources/System/CBuild",
            cSettings: [.define("INGESTOR_BUILD", to: "\"\(Context.environment["INGESTOR_BUILD"] ?? "")\"")]),
        layer("LMDB", ["CLMDB"]),
        layer("Zstd", ["CZstd"]),
        layer("Curl", ["CCurl"]),
        layer("OpenSSL", ["COpenSSL"]),
        layer("Inflate", ["CZlib", "CDeflate"]),

        // What happened, and where it is kept.
        layer("Events", [protobuf]),
        layer("EventLog", ["Events", "LMDB", "OpenSSL"]),
        layer("Silo", ["Events", "Zstd", "OpenSSL", "LMDB"]),

        // What follows from it.
        layer("Projections", ["Events"]),
        layer("State", ["Events", "Projections", "EventLog", "LMDB"]),
        layer("Replay", ["Events", "EventLog", "Projections", "State"]),
        layer("Queries", ["Events", "Projections", "State", "EventLog", "Silo"]),

        // Sources of code.
        layer("ProviderKit", ["Events"]),
        layer("GitProtocol", ["Curl", "OpenSSL", "Inflate"]),
        layer("Git", ["ProviderKit", "Events", "GitProtocol", "Curl"]),
        layer("GitHub", ["ProviderKit", "Events", "GitProtocol", "Git", "Curl", "OpenSSL"]),
        layer("Directory", ["ProviderKit", "Events", "GitProtocol"]),
        layer("Vault", ["ProviderKit", "Events", "OpenSSL"]),

        // The one imperative shell, and the program around it.
        layer("Ingest", ["Events", "EventLog", "Silo", "Projections", "State", "ProviderKit"]),
        layer(
            "Server",
            [
                "Queries", "Ingest", "ProviderKit", "Projections", "Events", hummingbird, hummingbirdCore, nioCore,
                nioPosix, nioExtras, nioHTTPTypes,
                serviceLifecycle, logging, coreMetrics,
            ]),
        layer("GitHubSimulator", ["OpenSSL", hummingbird, logging]),

        // Tests mirror the targets; what several of them need stands in Tests/Support.
        support("TestSupport", ["OpenSSL"]),
        support("EventGenerator", ["Events", "EventLog", "Projections"]),
        tests("LMDBTests", ["LMDB"]),
        tests("ZstdTests", ["Zstd"]),
        tests("CurlTests", ["Curl"]),
        tests("OpenSSLTests", ["OpenSSL"]),
        tests("EventsTests", ["Events", "EventGenerator", protobuf]),
        tests("EventLogTests", ["EventLog", "Events", "LMDB", "OpenSSL", "TestSupport"]),
        tests("SiloTests", ["Silo", "Events", "OpenSSL"]),
        tests("ProjectionsTests", ["Projections", "Events", "EventGenerator"]),
        tests("StateTests", ["State", "Projections", "Events", "EventLog", "LMDB", "EventGenerator", "Vault"]),
        .testTarget(
            name: "GoldenTests",
            dependencies: ["State", "Projections", "Events", "EventLog", "OpenSSL", "Vault", "EventGenerator"],
            path: "Tests/Golden", exclude: ["logs"], swiftSettings: strict),
        tests("ReplayTests", ["Replay", "State", "Projections", "Events", "EventLog", "LMDB", "EventGenerator"]),
        tests("QueriesTests", ["Queries", "Events"]),
        tests("GitProtocolTests", ["GitProtocol", "Inflate", "Curl", "OpenSSL", "CZlib", "GitHubSimulator"]),
        tests("GitTests", ["Git", "ProviderKit", "Events", "GitProtocol", "GitHubSimulator", "TestSupport"]),
        tests("ProviderKitTests", ["ProviderKit", "Events", "GitProtocol", "TestSupport"]),
        tests(
            "GitHubTests",
            [
                "GitHub", "Git", "ProviderKit", "Events", "GitProtocol", "Curl", "OpenSSL", "GitHubSimulator",
                "TestSupport",
            ]),
        tests("VaultTests", ["Vault", "ProviderKit", "Events", "EventGenerator"]),
        tests(
            "ServerTests",
            [
                "Server", "Queries", "Ingest", "ProviderKit", "Projections", "Events", "EventLog", "State", "Silo",
                "Directory", "GitHub", "OpenSSL", "TestSupport", logging,
            ]),
        tests("DirectoryTests", ["Directory", "ProviderKit", "Events", "GitProtocol"]),
        tests(
            "IngestTests",
            [
                "Ingest", "Queries", "ProviderKit", "Projections", "Events", "EventLog", "State", "Silo", "Git",
                "Directory", "GitProtocol", "GitHubSimulator", "TestSupport",
            ]),
        tests("GitHubSimulatorTests", ["GitHubSimulator", "OpenSSL", "TestSupport"]),
        tests(
            "CommandLineTests", ["ingestor", "Events", "GitHubSimulator", "OpenSSL", "LMDB", "Projections"]),
        .systemLibrary(name: "CTestTLS", path: "Tests/Support/CTestTLS", pkgConfig: "openssl"),
        support("NetworkSupport", ["CTestTLS"]),
        tests("Crash", ["GitHubSimulator", "Events", "EventLog", "Silo", "OpenSSL", "TestSupport"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Ingest", "Server", "GitHub", "GitHubSimulator", "Queries", "Replay", "State", "EventLog", "Silo",
                "Projections", "Events", "ProviderKit", "TestSupport", "NetworkSupport", logging,
            ],
            path: "Tests/Integration", swiftSettings: strict),

        .testTarget(
            name: "IsolationTests",
            dependencies: [
                "Ingest", "Server", "Queries", "State", "EventLog", "Silo", "Projections", "Events", "ProviderKit",
                "Git",
                "Directory", "GitHubSimulator", "OpenSSL", "TestSupport", logging,
            ],
            path: "Tests/Isolation", swiftSettings: strict),

        // Parsers under fire: what is tried, what `swift test` tries of it, and (above) the fuzzer.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Curl", "Events", "EventLog", "Silo", "GitProtocol", "Git", "GitHub", "ProviderKit", "Server",
                "Inflate",
                "OpenSSL", "EventGenerator", "TestSupport",
            ],
            path: "Tests/Fuzz/Targets",
            // They look inside of modules, which a release build does not allow.
            swiftSettings: strict + [.define("FUZZABLE", .when(configuration: .debug))]),
        .testTarget(
            name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Regressions", swiftSettings: strict),
    ] + program
)
