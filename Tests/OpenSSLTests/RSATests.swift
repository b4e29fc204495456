import OpenSSL
import Testing

/// Keys that were made for this test alone, with `openssl genrsa -traditional`, `openssl pkcs8 -topk8` and
/// `openssl rsa -pubout`; the signature with `printf 'Hello, World!' | openssl dgst -sha256 -sign`.
private enum Fixture {
    static let pkcs1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEogIBAAKCAQEA6IzKY67MjcKaEoYss5+LXAo5tC1lQVO9uFwd6RTmIVME6Ebl
        QkZXlcyLUp4nDG9Eyak27VS8/KXw5JHJptr0pXNkrCqwe8eUInO4DILHwM/cxPG9
        6mpT0nnjjsEU1Av/VdxPBntvgfkmgkaOKcGTykD9RcHOkOgYVh4hKnl4NNWhuwZg
        r3Bc8z6N6c9ShPSma56dVO8efVCC+aMfV14pRT6IjrOwO7zqigAASVRe9nNIPeKo
        E2vOR/9qofKCsp57co2v314OZBcrdA98fzYT1yxTTMa/+Ye+8zabwLoFcJE8yigE
        qelTIYMZJRIbFkG7HCQIInT1JWwmjrdmutAAgwIDAQABAoIBAFWbOof+mZuX5zrp
        fLw0/8rGkt5ylaM6Tg13j6U1hc//rT9KlevTVDu3XBRyVuKbdWGdMrSkbJu/BJJH
        3slXMhdUBtvgLS6r1irmmXq1jA49FsLDUQvhz3CcYTo0dtPmhLzZSJgUyYQ5sUTk
        70GM2rhqOzI6Oa4bWpYdKk1mAOvFg0WUqyAJDAYHM0gOHP0aP9ECiQ6I1k45NWb3
        9NX82fzAFVRLrBml1pfZwY8uOk6eahl22/dTNEfhcY/no6NJASIaQC+ORQFdnOWq
        n9Ha/kYfLy7WiFvYFXzFuICaMSS5jfmmDMfsoO202QpqS54mmNk44gPH8gCFR/w9
        G4FQFNkCgYEA9/IweU1s+jlcuLKQUIRp5DeJzjECy032y1UohYWj5mpqkkRpR6Tz
        3+ZY5rYBK9INJpKZSWG0SwigPv39ej6XsTbIPYVh9Gobu6q75Ce7uXPuDiA0/j2Q
        wnbqb8drSrxtIRdf9iVNRZRd8MLDAX4wOCB/AeHkV+3xnrC5pW4TqWkCgYEA8BqS
        +L2XV40+bZQ6SmpzHiWE3ieG2hhIF0IJAqBffPMuDNW+JVJDqA81kQlso+SUumsV
        h5vkpW45GSGATeYdzRpIm8DJThuXgibDV3BLTppMvvVXWG99mfpqHRU77dLsBqd8
        UJrNx0qKiMoCKyf1gj37txoH5DH7/gssMpdB0QsCgYB1MQO4UeAwZOxuX/fWFr/2
        HkoEKyYm8bK0aIu+kGvnfGTivXMFafHa4gUjBuOG0sFkeeX5yTRuQqV7IJGuNed8
        22fJrEGgRIbXLNuh+yW/ggwCoTZq9K53O72TF66epHDwMxwoO3lKadX89hE1o28n
        GDTvrtU+ujh5yQ32IxEoAQKBgGeosWceQyaTXi5k3j2ec5DCVfirS/cAoK8Z3VX6
        8v645lq4NN1cBMWbu16gmPyxBNzuul7PmQkq6w/EfOYkwRz5iftkYgSMuP6BybgI
        TRrkVtnihhEyISHHEOT5c+QbObctu+f4zXqK3gBsZj9HgyD1raTBYkLMqaRmInC9
        CLc9AoGAQlf6aNJ6UfvH5kLsU2cY5+uNR1II2vbKXcOkOEnEfB/BXWQcnOvhkBO4
        ihmcbWMHGXhM9DT68nWG5zsQVstKRiYGq+aISHPgdRffvt7O8GdHS5sAAhWwohBp
        Af0+lR2+x3FUltdxaHtp3FdjCTIn2Hk897yh0Rs/Vr4n72rfVnY=
        -----END RSA PRIVATE KEY-----
        """

    static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDojMpjrsyNwpoS
        hiyzn4tcCjm0LWVBU724XB3pFOYhUwToRuVCRleVzItSnicMb0TJqTbtVLz8pfDk
        kcmm2vSlc2SsKrB7x5Qic7gMgsfAz9zE8b3qalPSeeOOwRTUC/9V3E8Ge2+B+SaC
        Ro4pwZPKQP1Fwc6Q6BhWHiEqeXg01aG7BmCvcFzzPo3pz1KE9KZrnp1U7x59UIL5
        ox9XXilFPoiOs7A7vOqKAABJVF72c0g94qgTa85H/2qh8oKynntyja/fXg5kFyt0
        D3x/NhPXLFNMxr/5h77zNpvAugVwkTzKKASp6VMhgxklEhsWQbscJAgidPUlbCaO
        t2a60ACDAgMBAAECggEAVZs6h/6Zm5fnOul8vDT/ysaS3nKVozpODXePpTWFz/+t
        P0qV69NUO7dcFHJW4pt1YZ0ytKRsm78EkkfeyVcyF1QG2+AtLqvWKuaZerWMDj0W
        wsNRC+HPcJxhOjR20+aEvNlImBTJhDmxROTvQYzauGo7Mjo5rhtalh0qTWYA68WD
        RZSrIAkMBgczSA4c/Ro/0QKJDojWTjk1Zvf01fzZ/MAVVEusGaXWl9nBjy46Tp5q
        GXbb91M0R+Fxj+ejo0kBIhpAL45FAV2c5aqf0dr+Rh8vLtaIW9gVfMW4gJoxJLmN
        +aYMx+yg7bTZCmpLniaY2TjiA8fyAIVH/D0bgVAU2QKBgQD38jB5TWz6OVy4spBQ
        hGnkN4nOMQLLTfbLVSiFhaPmamqSRGlHpPPf5ljmtgEr0g0mkplJYbRLCKA+/f16
        PpexNsg9hWH0ahu7qrvkJ7u5c+4OIDT+PZDCdupvx2tKvG0hF1/2JU1FlF3wwsMB
        fjA4IH8B4eRX7fGesLmlbhOpaQKBgQDwGpL4vZdXjT5tlDpKanMeJYTeJ4baGEgX
        QgkCoF988y4M1b4lUkOoDzWRCWyj5JS6axWHm+SlbjkZIYBN5h3NGkibwMlOG5eC
        JsNXcEtOmky+9VdYb32Z+modFTvt0uwGp3xQms3HSoqIygIrJ/WCPfu3GgfkMfv+
        Cywyl0HRCwKBgHUxA7hR4DBk7G5f99YWv/YeSgQrJibxsrRoi76Qa+d8ZOK9cwVp
        8driBSMG44bSwWR55fnJNG5CpXsgka4153zbZ8msQaBEhtcs26H7Jb+CDAKhNmr0
        rnc7vZMXrp6kcPAzHCg7eUpp1fz2ETWjbycYNO+u1T66OHnJDfYjESgBAoGAZ6ix
        Zx5DJpNeLmTePZ5zkMJV+KtL9wCgrxndVfry/rjmWrg03VwExZu7XqCY/LEE3O66
        Xs+ZCSrrD8R85iTBHPmJ+2RiBIy4/oHJuAhNGuRW2eKGETIhIccQ5Plz5Bs5ty27
        5/jNeoreAGxmP0eDIPWtpMFiQsyppGYicL0Itz0CgYBCV/po0npR+8fmQuxTZxjn
        641HUgja9spdw6Q4ScR8H8FdZByc6+GQE7iKGZxtYwcZeEz0NPrydYbnOxBWy0pG
        Jgar5ohIc+B1F9++3s7wZ0dLmwACFbCiEGkB/T6VHb7HcVSW13Foe2ncV2MJMifY
        eTz3vKHRGz9Wvifvat9Wdg==
        -----END PRIVATE KEY-----
        """

    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6IzKY67MjcKaEoYss5+L
        XAo5tC1lQVO9uFwd6RTmIVME6EblQkZXlcyLUp4nDG9Eyak27VS8/KXw5JHJptr0
        pXNkrCqwe8eUInO4DILHwM/cxPG96mpT0nnjjsEU1Av/VdxPBntvgfkmgkaOKcGT
        ykD9RcHOkOgYVh4hKnl4NNWhuwZgr3Bc8z6N6c9ShPSma56dVO8efVCC+aMfV14p
        RT6IjrOwO7zqigAASVRe9nNIPeKoE2vOR/9qofKCsp57co2v314OZBcrdA98fzYT
        1yxTTMa/+Ye+8zabwLoFcJE8yigEqelTIYMZJRIbFkG7HCQIInT1JWwmjrdmutAA
        gwIDAQAB
        -----END PUBLIC KEY-----
        """

    static let ellipticCurve = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIONNoFL+YHBoZoRYdJM2HQAIa5iwAL07iKveR5CcP9cJoAoGCCqGSM49
        AwEHoUQDQgAE7Z0Wil5RGhcbMGugEGjPM3BViHxmiNBsgKMC4LPBvitQMeGwn3Re
        UQYpBwfmhib0xUx9gZj6AUx6+omgWZ0NTg==
        -----END EC PRIVATE KEY-----
        """

    static let encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQImJs63zSLtmsCAggA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDxII4auZ11EmDXxYBKHE2FBIIE
        0GDe7OJexAh2yFDkWpII18BjfUun2wYNnhdbnkMx7A1Nv30WDpGk6AD2/W8zlukA
        WQKywNRc51TWguQw83ToOuw94U3V5vNz8USkXBI1uWMsQBVCwXqhHF3LIuWWLfzP
        Fl1fGKeZjaHrnNjB1YyX9chnLpKBEjH8UuCwbg3viHvkKeIpNNGKdwaE2AV5anQR
        23d2AMadxmJdiMp/lW16bTcmxUlFKcBsbuXBh0cybp7QN3st8D3SD1gwNPjT/Mn5
        kdIdYmDXxJDzZ7WSJZ8xuoYvm3DgKP+90xyW9v7aQ320HJ43mBcKv+TPhbpzLp0H
        XiItzTJXIwnIt3fpxaFhKPMBS14GMz3znvpIezINLbV9JwoYbRvHMXuGqpgMGAkK
        dZt8/ZW4CEjuP0q1xWKN0kR2mPqklCNG0/mfEcaEVUhCNv16ZzqVBuitPgnd7LLZ
        hctrOgVQKdBGiTlxtSDFV8FQyL7NEltREaE8R9pQVpVx9IpSh6glAGs6E3c4+Dr/
        ia+Hkt7AbBrYDZ5Lza2JGzC3vOXhH7lRxuzVZ7GB2J4kS4YHWgNB81oGL6Rz8MYF
        q35ouAhENJBydCGhaPUWDVernqOYFoTySnimGtZvSJP2OW5P/u0VuHn76W8ikBo0
        AONlM8FdqUyt1G7+MVmGO1TvRWf0G9bQsW4CPLrgK0Ob1MhhA3Z/oWazJoN1KGtz
        wFI0Ut6WOveWZLP4iNb3VO3WmYc+4WWSr/D8MqDf0sFrok/xc21zVhLIlqsFXXlq
        ZRqPFZRWEdJwr2F6UsV2SEJlvuceyKXWPQLzL5h3hNSlnUzCf3lVzCANJxd2F4kt
        WEJ5lPmmvKcvdwGcOJSpmBLPHV6aems+YyQ5xN2ac+QPc3+4YdH9nYhfINSQ+Cld
        FnTCAQYKyNgfFq8N9UVBXIi9blYIm9hHct0RJO1nssn19eEFl1LereufxHBtHGxe
        1f3o/FczvsnlJMj3Cbc4NyDQkE9Cg8v/WcPX90ynZmurCVj75GuNxrlPMqwRHSDt
        pjdj/VHx2d45r75hqboYDOGBW9WmRleTAlT4pffSl0srzQ+tLrEQB366Z3PL4sTX
        YF6i0qcQVP38eaxfPp5GVwRyNpb038lkI4AAbMbN6TasCGVBYebPex+WYkwhNcAI
        0UvUpcaj2tHRrOmKhf5AHbPYAs08omeUopi9NI6tuwnQAR89VPaLT9820mid22b0
        KU7TAoSjCXd7jpxLS8a1WrzqSTeRG2vRUc8CMw3PeulkD2YTi8+K+nB3eaJCW4nw
        RiuIcf8AS7WpAo/95YuaO8ZaSmthfe78kvniloa1yy/fIXvcPcl8or+IbIiDWyo/
        Upa3vveJCNR+uTkgv5rB/Imyouxz6X5lqAfP9KU4FIn8xofEpe2yvh8EaznQEYoj
        5M1fugYP7mvVPGSRh2dxNVQHJJMCsEfx+fWVyK5ev3k8z1l8SgzaeMmpHw8lP+JH
        eRu0/wTEsZWuEHfxgr1tWC5k1HK5EW5IKzLo++tCFjHtMuujndLa0dHPy26UGTcz
        w88ohS512Bs3qjRJQYVIzOa8Z50+oG8OfnkxKyCDMbAdEisGjtPN3AbsDg59G5wJ
        YGsnHFryWEeMksasZkEUr7VAWPg4Mh/kYAk7xFsatcOV
        -----END ENCRYPTED PRIVATE KEY-----
        """

    static let signature = """
        500845236f8589d2989caf2c01f67ef8db24ae41dc55795a9a8a9c3a66d2b655
        ff566a4072a3eac8582ca6c44aeb7bff36c87d0a963d22d70e5838f993ce9798
        a972dca5f8c1ce65eb4deb783bc6609f8250c000ad7f9a57ec136280eefea649
        59f42a8de932b7d0dbcd3a969a4688154fe22d245e166f63ed302ec65da608bc
        b487705013a8f2c734c9fc13416e58e424622fba750caf462444dd92894815a4
        9fc392adfb8f77dca7b89529938af9756d7aa1d17a56bf25611f40fe03fd616c
        e2b4fab2f413e4c90a98d7b69b72a69f188e10ce5084f5a0cf1d373220942060
        cf10438554bdb7b67373a9deda13a134d8bef50467077e5e2801b3826c32a64c
        """
}

@Suite struct RSATests {
    let message = Array("Hello, World!".utf8)

    @Test func signsAsTheOpenSSLCommandDoes() throws {
        for pem in [Fixture.pkcs1, Fixture.pkcs8 + "\n", Fixture.pkcs1.replacing("\n", with: "\r\n")] {
            let key = try RSAPrivateKey(pem: pem)
            #expect(try key.signSHA256(message) == bytes(Fixture.signature))
            #expect(try key.publicKey.pem() == Fixture.publicKey + "\n")
            #expect("\(key)" == "RSAPrivateKey")
        }
    }

    @Test func verifies() throws {
        let key = try RSAPublicKey(pem: Fixture.publicKey)
        let signature = bytes(Fixture.signature)
        #expect(key.verifySHA256(signature, of: message))
        #expect(!key.verifySHA256(signature, of: message + [0]))
        #expect(!key.verifySHA256(Array(signature.dropLast()), of: message))
        #expect(!key.verifySHA256([], of: message))
    }

    @Test func roundTrip() throws {
        let key = try RSAPrivateKey.generate()
        let other = try RSAPrivateKey(pem: try key.pem())
        let signature = try other.signSHA256([])
        #expect(key.publicKey.verifySHA256(signature, of: []))
        #expect(!(try RSAPublicKey(pem: Fixture.publicKey)).verifySHA256(signature, of: []))
    }

    @Test func whatIsNoKeyIsRefused() {
        let others = [
            "", "no key", String(Fixture.pkcs1.dropLast(40)), Fixture.publicKey, Fixture.ellipticCurve,
            Fixture.encrypted, Fixture.pkcs8.replacing("MIIEvA", with: "MIIAAA"),
        ]
        for (index, pem) in others.enumerated() {
            let error = #expect(throws: OpenSSLError.self, "number \(index)") { try RSAPrivateKey(pem: pem) }
            #expect(error?.code == .invalidInput, "number \(index)")
            for line in pem.split(separator: "\n") where line.count > 20 {
                #expect(error?.description.contains(line) == false, "number \(index)")
            }
        }
    }
}
