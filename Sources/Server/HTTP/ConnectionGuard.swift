import Hummingbird
import NIOCore
import NIOHTTPTypes

/// A request's body did not arrive in time. Reading it throws this.
struct BodyTooSlow: Error {}

/// Ends what a sender would draw out: a body that does not come to its end, a connection on which a refused sender
/// goes on sending, and an answer that nobody takes.
///
/// A body's time is counted here and not by a task for each request, so it ends the same read whether that has begun or
/// not. After an answer that says `Connection: close` the sending side is closed, and what still arrives is read and
/// thrown away for a while: closed at once, the system would answer it with a reset, and the sender might lose the answer.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let bodyTime: TimeAmount
    private let lingerTime: TimeAmount
    private let stallTime: TimeAmount
    private var deadline: Scheduled<Void>?
    /// When a reader that takes nothing is given up.
    private var stall: Scheduled<Void>?
    /// The answer under way is the last one.
    private var isLast = false
    /// The last answer was given.
    private var isLingering = false

    init(bodyTime: TimeAmount, lingerTime: TimeAmount, stallTime: TimeAmount) {
        self.bodyTime = bodyTime
        self.lingerTime = lingerTime
        self.stallTime = stallTime
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLingering else { return }
        switch unwrapInboundIn(data) {
        case .head: schedule(context, in: bodyTime) { $0.fireErrorCaught(BodyTooSlow()) }
        case .body: break
        case .end: cancel()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Whoever took the parts before asks for no more of them.
        if isLingering { context.read() }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.headerFields[.connection] == "close" { isLast = true }
            context.write(data, promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            guard isLast, !isLingering else { return context.write(data, promise: promise) }
            context.writeAndFlush(data, promise: promise)
            context.close(mode: .output, promise: nil)
            isLingering = true
            cancel()
            schedule(context, in: lingerTime) { $0.close(promise: nil) }
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isLingering, case .some(.inputClosed) = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// While a connection takes no more, whoever writes to it waits.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable {
            stall = context.eventLoop.assumeIsolated().scheduleTask(in: stallTime) { context.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        stall?.cancel()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancel()
        stall?.cancel()
    }

    private func schedule(
        _ context: ChannelHandlerContext, in time: TimeAmount, _ body: @escaping (ChannelHandlerContext) -> Void
    ) {
        cancel()
        // It runs on the loop of the channel, and is cancelled before the handler leaves it.
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { body(context) }
    }

    private func cancel() {
        deadline?.cancel()
        deadline = nil
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
