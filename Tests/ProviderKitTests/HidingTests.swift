import ProviderKit
import Testing

@Suite("Secrets in somebody else's words")
struct HidingTests {
    @Test("a secret that the cut goes through leaves nothing behind", arguments: 380...420)
    func cut(offset: Int) {
        let token = "ghs_0123456789abcdefghij0123456789abcdef"
        let text = String(repeating: "x", count: offset) + token + " is refused"
        let shown = text.hiding([Secret(token)], cutAt: 400)
        #expect(!shown.contains("ghs_"))
        #expect(shown.unicodeScalars.count <= 401)
    }
}
