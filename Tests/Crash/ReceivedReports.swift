import EventLog
import Events
import FoundationEssentials
import GitHubSimulator
import Silo

/// The reports in a log, read beside the process that writes it.
enum ReceivedReports {
    /// Where deliveries are in the log, by their numbers; those that are not there are left out.
    ///
    /// - Throws: `SimulatorError` where one is there twice, or with another body than was sent.
    static func positions(of numbers: Range<Int>, _ load: WebhookLoad, _ engine: EngineProcess) throws -> [Int: Int] {
        let places = try places(engine)
        // As the program opens it: what another process wrote since the machine was started is believed.
        let bootID = try [UInt8](Data(contentsOf: URL(filePath: "/proc/sys/kernel/random/boot_id")))
        let silo = try Silo.open(
            directory: engine.silo, locations: "\(engine.data)/state/locations", mode: .reader,
            options: Silo.Options(now: { Timestamp(seconds: 0) }, bootID: bootID))
        var positions: [Int: Int] = [:]
        for number in numbers {
            let delivery = load.delivery(number)
            guard let place = places[delivery.id] else { continue }
            guard try silo.read(place.body, in: .webhooks) == delivery.body else {
                throw SimulatorError(code: .server, message: "\(delivery.id) has another body than was sent")
            }
            positions[number] = place.position
        }
        try silo.close()
        return positions
    }

    private static func places(_ engine: EngineProcess) throws -> [String: (position: Int, body: SHA1Hash)] {
        let log = try EventLog.open(directory: "\(engine.data)/log", mode: .reader)
        var places: [String: (position: Int, body: SHA1Hash)] = [:]
        try log.read { snapshot in
            try snapshot.forEach(in: LogPosition(0)..<snapshot.end) { position, record in
                guard case .webhookReceived(let event) = try Envelope(record: record, at: position).event else {
                    return
                }
                let place = (position: Int(position.rawValue), body: event.bodyHash)
                guard let earlier = places.updateValue(place, forKey: event.delivery) else { return }
                throw SimulatorError(
                    code: .server, message: "\(event.delivery) is at \(earlier.position) and \(position) of the log")
            }
        }
        return places
    }
}
