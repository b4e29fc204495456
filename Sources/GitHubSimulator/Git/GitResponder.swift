import Hummingbird
import Logging

/// Answers one request: by a fault, by whoever stands before git, or by git.
struct GitResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let configuration: GitServer.Configuration
    let faults: FaultBoard
    let meter: TrafficMeter
    /// Says who answers, after it has waited for as long as the answer is to take.
    var disposition: @Sendable (BackendCall, Duration) async throws -> Disposition = { call, latency in
        try await Task.sleep(for: latency)
        return .git(call)
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        let limit = configuration.requestLimitBytes
        // The body is kept whole: it says what is asked for, and requests for packs are small (50 bytes a want).
        // It fails for a body over the limit, and where the client went away, who will not read the answer.
        guard let body = try? await request.body.collect(upTo: limit) else {
            return Response(status: .contentTooLarge, headers: [.connection: "close"])
        }
        let call = BackendCall(request, body: Array(body.readableBytesView))
        let identifier = meter.begin(call.record)
        let plan = faults.take(for: call.kind, path: call.path)
        if plan.hangAfterBytes == 0 { try await faults.waitForRelease(of: plan.generation) }
        let response: Response
        if let answer = plan.answer {
            try await Task.sleep(for: plan.latency)
            response = fixed(answer, call: call, plan: plan, identifier: identifier)
        } else {
            switch try await disposition(call, plan.latency) {
            case .answer(let answer): response = whole(answer, plan: plan, identifier: identifier)
            case .git(let call, let whenDone):
                response = try await backend(call, plan: plan, identifier: identifier, whenDone: whenDone)
            }
        }
        meter.answered(identifier, status: response.status.code)
        return response
    }

    // MARK: Answers

    private func fixed(_ answer: FaultPlan.Answer, call: BackendCall, plan: FaultPlan, identifier: Int) -> Response {
        switch answer {
        case .redirect(let from, let to, let status):
            let rest = call.target.hasPrefix(from) ? call.target.dropFirst(from.count) : call.target[...]
            return Response(status: .init(code: status), headers: [.location: to + rest])
        case .fixed(let status, let headers, let bytes):
            let answer = Answer(status: status, headers: headers.map { ($0.key, $0.value) }, body: bytes)
            return whole(answer, plan: plan, identifier: identifier)
        }
    }

    private func whole(_ answer: Answer, plan: FaultPlan, identifier: Int) -> Response {
        Response(
            status: .init(code: answer.status), headers: fields(answer.headers),
            body: ResponseBody(contentLength: answer.body.count) { writer in
                var pace = Pace(plan: plan, faults: faults)
                try await pace.write(answer.body, to: &writer) { meter.sent(identifier, bytes: $0) }
                try await writer.finish(nil)
            })
    }

    private func backend(
        _ call: BackendCall, plan: FaultPlan, identifier: Int, whenDone: (@Sendable () async -> Void)?
    ) async throws -> Response {
        let child = try call.start(configuration, protocolV0: plan.protocolV0)
        let parsed: (head: CGIHead, body: [UInt8])
        do {
            // `git http-backend` writes its head before it reads the body, so the body can wait.
            parsed = try await withTimeout(child) { try await CGIHead.read(from: child.output) }
        } catch let error as SimulatorError where error.code == .malformed {
            child.terminate()
            let reason = Array("\(error.message): \(child.errorText())\n".utf8)
            return Response(status: .internalServerError, body: .init(byteBuffer: ByteBuffer(bytes: reason)))
        }
        return Response(
            status: .init(code: parsed.head.status), headers: fields(parsed.head.headers),
            body: ResponseBody { writer in
                try await withTaskCancellationHandler {
                    try await exchange(call, child, first: parsed.body, plan, identifier, &writer)
                } onCancel: {
                    child.terminate()
                }
                await whenDone?()
                try await writer.finish(nil)
            })
    }

    /// Feeds the request to the child while its answer goes to the client.
    private func exchange(
        _ call: BackendCall, _ child: ChildProcess, first: [UInt8], _ plan: FaultPlan, _ identifier: Int,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // A child that has all it wants closes its input; its output is what counts.
                do { try await child.input?.send(call.body) } catch is SimulatorError {}
                child.input?.close()
            }
            group.addTask {
                try await Task.sleep(for: configuration.requestTimeout)
                child.terminate()
                throw SimulatorError(code: .server, message: "a request took longer than the server allows")
            }
            var pace = Pace(plan: plan, faults: faults)
            var bytes = first
            repeat {
                if !bytes.isEmpty { try await pace.write(bytes, to: &writer) { meter.sent(identifier, bytes: $0) } }
                bytes = try await child.output.read(upTo: GitCommand.chunkBytes)
            } while !bytes.isEmpty
            // As a web server does: the body tells what failed, so the exit status only goes to the log.
            let status = try await child.end()
            if status != 0 {
                configuration.logger.debug("git failed", metadata: ["words": .string(child.errorText())])
            }
            group.cancelAll()
        }
    }

    private func withTimeout<R: Sendable>(_ child: ChildProcess, _ body: @escaping @Sendable () async throws -> R)
        async throws -> R
    {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: R?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    try await Task.sleep(for: configuration.requestTimeout)
                    child.terminate()
                    return nil
                }
                while let result = try await group.next() {
                    if let result {
                        group.cancelAll()
                        return result
                    }
                }
                throw SimulatorError(code: .malformed, message: "git gave no answer in time")
            }
        } onCancel: {
            child.terminate()
        }
    }

    private func fields(_ pairs: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in pairs {
            if let name = HTTPFields.Element.Name(name) { fields.append(.init(name: name, value: value)) }
        }
        return fields
    }
}
