/// Changes inputs a little, without a feedback: what a test runs of each target where no fuzzer is linked.
public struct Mutations: Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    private mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((z ^ (z >> 31)) % UInt64(max(1, bound)))
    }

    /// One of the inputs, changed in one to four places.
    public mutating func next(of inputs: [[UInt8]], maximumByteCount: Int) -> [UInt8] {
        var result = inputs[below(inputs.count)]
        for _ in 0...below(4) {
            let place = below(result.count + 1)
            switch below(6) {
            case 0 where place < result.count: result[place] ^= 1 << UInt8(below(8))
            case 1 where place < result.count: result[place] = [0, 1, 0x7f, 0x80, 0xff, 10][below(6)]
            case 2: result.insert(UInt8(below(256)), at: place)
            case 3: result.removeSubrange(place..<min(result.count, place + 1 + below(8)))
            case 4: result.insert(contentsOf: result[place..<min(result.count, place + 1 + below(32))], at: place)
            default:
                let other = inputs[below(inputs.count)]
                result = Array(result[..<place] + other[min(place, other.count)...])
            }
        }
        return Array(result.prefix(maximumByteCount))
    }
}
