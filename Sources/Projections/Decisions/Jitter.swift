/// Numbers that look random and follow from what they are for, so that deciding again decides the same.
enum Jitter {
    /// A number in 0..<1 that depends on the two alone (SplitMix64, Steele et al. 2014).
    static func fraction(_ first: UInt64, _ second: UInt64) -> Double {
        var word = first &* 0x9e37_79b9_7f4a_7c15 &+ second &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        word ^= word >> 31
        return Double(word >> 11) / Double(1 << 53)
    }
}
