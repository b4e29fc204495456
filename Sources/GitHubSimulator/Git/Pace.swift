import Hummingbird

/// Writes a response as its faults want it: slowly, damaged, cut or not at all.
struct Pace {
    /// Time for bytes already handed over to reach the client before the connection is closed under them.
    private static let flushTime = Duration.milliseconds(50)
    /// A throttled response is written in this many steps a second.
    private static let stepsPerSecond = 20

    private let plan: FaultPlan
    private let faults: FaultBoard
    private var corrupter: PackCorrupter?
    private var sent = 0

    init(plan: FaultPlan, faults: FaultBoard) {
        self.plan = plan
        self.faults = faults
        corrupter = plan.corruptPackByte.map(PackCorrupter.init(target:))
    }

    mutating func write(
        _ bytes: [UInt8], to writer: inout any ResponseBodyWriter, count: (Int) -> Void
    ) async throws {
        var bytes = bytes
        corrupter?.apply(to: &bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            try await stopIfDue()
            let part = rest.prefix(step)
            try await writer.write(ByteBuffer(bytes: part))
            count(part.count)
            sent += part.count
            rest = rest.dropFirst(part.count)
            if let rate = plan.bytesPerSecond {
                try await Task.sleep(for: .microseconds(part.count * 1_000_000 / rate))
            }
        }
        try await stopIfDue()
    }

    /// How many bytes may go at once: up to where a fault strikes.
    private var step: Int {
        var step = Int.max
        if let rate = plan.bytesPerSecond { step = max(rate / Self.stepsPerSecond, 1) }
        for limit in [plan.cutAfterBytes, plan.hangAfterBytes] {
            if let limit, limit > sent { step = min(step, limit - sent) }
        }
        return step
    }

    private func stopIfDue() async throws {
        if let limit = plan.hangAfterBytes, sent == limit, limit > 0 {
            try await faults.waitForRelease(of: plan.generation)
        }
        if let limit = plan.cutAfterBytes, sent >= limit {
            try await Task.sleep(for: Self.flushTime)
            throw SimulatorError(code: .fault, message: "the response was cut on demand")
        }
    }
}
