/// Git's delta: the sizes of base and result, then instructions that copy from the base or insert bytes.
enum Delta {
    enum Failure: Error {
        case truncated
        case sizeTooLong
        case baseSize
        case copyOutOfBounds
        case reservedInstruction
        case resultSize

        var words: String {
            switch self {
            case .truncated: "it ends inside an instruction"
            case .sizeTooLong: "a size takes more than 64 bits"
            case .baseSize: "it was made for a base of another size"
            case .copyOutOfBounds: "it copies from outside its base"
            case .reservedInstruction: "it holds the reserved instruction 0"
            case .resultSize: "its result is not as long as it says"
            }
        }
    }

    struct Header {
        let baseBytes: UInt64
        let resultBytes: UInt64
        let headerBytes: Int
    }

    /// Two sizes of at most ten bytes each.
    static let maxHeaderBytes = 20

    static func header(of delta: UnsafeRawBufferPointer) throws(Failure) -> Header {
        var position = 0
        let base = try size(in: delta, at: &position)
        let result = try size(in: delta, at: &position)
        return Header(baseBytes: base, resultBytes: result, headerBytes: position)
    }

    private static func size(in delta: UnsafeRawBufferPointer, at position: inout Int) throws(Failure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < delta.count else { throw .truncated }
            let byte = delta[position]
            position += 1
            let bits = UInt64(byte & 0x7f)
            guard shift < 64, (bits << shift) >> shift == bits else { throw .sizeTooLong }
            value |= bits << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    /// Writes the result of `delta` over `base` into `output`, which has exactly the length that the header declares.
    static func apply(
        _ delta: UnsafeRawBufferPointer, to base: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(Failure) {
        let header = try header(of: delta)
        guard header.baseBytes == UInt64(base.count) else { throw .baseSize }
        guard header.resultBytes == UInt64(output.count) else { throw .resultSize }
        var position = header.headerBytes
        var written = 0
        while position < delta.count {
            let instruction = delta[position]
            position += 1
            if instruction & 0x80 != 0 {
                var offset = 0
                var size = 0
                for index in 0..<7 where instruction & (1 << UInt8(index)) != 0 {
                    guard position < delta.count else { throw .truncated }
                    let byte = Int(delta[position])
                    position += 1
                    if index < 4 { offset |= byte << (8 * index) } else { size |= byte << (8 * (index - 4)) }
                }
                if size == 0 { size = 0x10000 }
                guard offset <= base.count, size <= base.count - offset else { throw .copyOutOfBounds }
                guard size <= output.count - written else { throw .resultSize }
                UnsafeMutableRawBufferPointer(rebasing: output[written..<written + size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: base[offset..<offset + size]))
                written += size
            } else {
                let size = Int(instruction)
                guard size > 0 else { throw .reservedInstruction }
                guard size <= delta.count - position else { throw .truncated }
                guard size <= output.count - written else { throw .resultSize }
                UnsafeMutableRawBufferPointer(rebasing: output[written..<written + size])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: delta[position..<position + size]))
                position += size
                written += size
            }
        }
        guard written == output.count else { throw .resultSize }
    }
}
