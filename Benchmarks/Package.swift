// swift-tools-version: 6.2
import PackageDescription

// Measurements of their own package, so that whoever depends on the engine does not build them.
// Run: swift package --allow-writing-to-package-directory benchmark

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "ingestor", path: ".."),
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "LMDBYardstick", linkerSettings: [.linkedLibrary("lmdb")]),
        .target(
            name: "AppendMeasurement",
            dependencies: [
                "LMDBYardstick", .product(name: "EventLog", package: "ingestor"),
                .product(name: "Events", package: "ingestor"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "AppendBenchmark",
            dependencies: ["AppendMeasurement", .product(name: "Benchmark", package: "benchmark")],
            path: "Benchmarks/AppendBenchmark",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        // What tools/bench runs.
        .executableTarget(name: "measure-append", dependencies: ["AppendMeasurement"], swiftSettings: strict),
        .executableTarget(
            name: "serve-git", dependencies: [.product(name: "GitHubSimulator", package: "ingestor")],
            swiftSettings: strict),
        // What tools/check-simulator and tools/bench run.
        .executableTarget(
            name: "serve-github", dependencies: [.product(name: "GitHubSimulator", package: "ingestor")],
            swiftSettings: strict),
    ]
)
