/// Inputs that once broke a rule, by target.
enum Regressions {
    static let inputs: [String: [[UInt8]]] = [:]
}
