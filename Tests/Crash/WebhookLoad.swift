import FoundationEssentials
import Synchronization

@testable import GitHubSimulator

/// Sends deliveries over many connections at once, and remembers which were accepted.
final class WebhookLoad: Sendable {
    /// What a server answered with 202.
    struct Receipt: Decodable, Sendable {
        var position: Int
        var delivery: String
        var duplicate: Bool
    }

    static let connections = 64
    static let path = "/webhooks/github"

    private struct State {
        var next = 0
        /// By number; nil where the answer was cut behind its head.
        var accepted: [Int: Receipt?] = [:]
        var refused: [Int: Int] = [:]
    }

    private let seed: UInt64
    private let state = Mutex(State())

    init(seed: UInt64) { self.seed = seed }

    /// Numbers from here on were never sent.
    var end: Int { state.withLock { $0.next } }
    var accepted: [Int: Receipt?] { state.withLock { $0.accepted } }
    /// How often there was another answer, by status.
    var refused: [Int: Int] { state.withLock { $0.refused } }

    func delivery(_ number: Int) -> Delivery { Delivery(number, seed: seed) }

    /// Sends one after the other over a connection until the server is gone.
    func sendUntilCut(to address: LoopbackAddress) async throws {
        do {
            let connection = try await LoopbackConnection(to: address)
            while true {
                let number = state.withLock { state in
                    defer { state.next += 1 }
                    return state.next
                }
                let answer = try await Self.send(delivery(number), over: connection, to: address)
                let receipt = Self.receipt(answer)
                state.withLock { state in
                    if answer.status == 202 {
                        state.accepted[number] = .some(receipt)
                    } else {
                        state.refused[answer.status, default: 0] += 1
                    }
                }
                if !answer.isReusable { return }
            }
        } catch is SimulatorError {}
    }

    /// Sends these again, and gives what was answered.
    func sendAgain(_ numbers: [Int], to address: LoopbackAddress) async throws -> [Int: Receipt] {
        try await withThrowingTaskGroup(of: [(Int, Receipt)].self) { group in
            for first in 0..<min(Self.connections, numbers.count) {
                group.addTask {
                    let connection = try await LoopbackConnection(to: address)
                    var receipts: [(Int, Receipt)] = []
                    for index in stride(from: first, to: numbers.count, by: Self.connections) {
                        let answer = try await Self.send(
                            self.delivery(numbers[index]), over: connection, to: address)
                        guard answer.status == 202, let receipt = Self.receipt(answer) else {
                            throw SimulatorError(code: .server, message: "sent again, it is answered \(answer.status)")
                        }
                        receipts.append((numbers[index], receipt))
                    }
                    return receipts
                }
            }
            var all: [Int: Receipt] = [:]
            for try await receipts in group { all.merge(receipts) { $1 } }
            return all
        }
    }

    private static func send(
        _ delivery: Delivery, over connection: LoopbackConnection, to address: LoopbackAddress
    ) async throws -> LoopbackConnection.Answer {
        try await connection.send("POST", address.path, headers: delivery.headers, body: delivery.body)
    }

    private static func receipt(_ answer: LoopbackConnection.Answer) -> Receipt? {
        // Cut behind its head it says that it was accepted, and not where.
        answer.status == 202 ? try? JSONDecoder().decode(Receipt.self, from: Data(answer.body)) : nil
    }
}
