/// Certificates for tests on loopback, good from 2020 to 2120. Nothing else trusts them, so the key may be read by anybody.
public enum TestCertificates {
    /// Of the authority that signed ``server``.
    public static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBbDCCARKgAwIBAgICEAAwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRdGVzdCBh
        dXRob3JpdHkgY2EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBwx
        GjAYBgNVBAMMEXRlc3QgYXV0aG9yaXR5IGNhMFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAEdvwBPWOW8B90MtHsvixbyN2YIsY6tZmZrD3L3Q4wuFT/XkAmf+AD1le7
        BMJoOeOP9CJO5+QPXw4zjxsBvCtA+qNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNV
        HQ8BAf8EBAMCAQYwHQYDVR0OBBYEFDO7b56R0WGm38mPpl9WQ75ruVSeMAoGCCqG
        SM49BAMCA0gAMEUCIQCEJOc+UNRmFsF5CPJtCSaMoY8u40naNhq1ePUWM9+h3wIg
        OEJuBP3SDRgjd99evR9Onrrt4HkWmnVyhZT5sJOx2h4=
        -----END CERTIFICATE-----

        """

    /// Of an authority that signed nothing here.
    public static let otherAuthority = """
        -----BEGIN CERTIFICATE-----
        MIIBcTCCARigAwIBAgICEAEwCgYIKoZIzj0EAwIwHzEdMBsGA1UEAwwUdGVzdCBh
        dXRob3JpdHkgb3RoZXIwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBa
        MB8xHTAbBgNVBAMMFHRlc3QgYXV0aG9yaXR5IG90aGVyMFkwEwYHKoZIzj0CAQYI
        KoZIzj0DAQcDQgAE0rEEslW1YRqTyjGm+kUKCx4R3Ri02wJkeq6qxbALsmf1Zs+O
        8G+r4ZbFV5lTTmUwmfeiqqs3GSQwv45HdDdMoqNCMEAwDwYDVR0TAQH/BAUwAwEB
        /zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFLnncwCEE8j3kwJbo7CD3/wNrjLt
        MAoGCCqGSM49BAMCA0cAMEQCIEUkGCDetHeOLRBuXTLeNmovNJT4S/JoYo9iPSUT
        TCKiAiBd29PUJVv54NoWrTDqY4fYuhLMjMW5Fv/Bg26xDpjzPQ==
        -----END CERTIFICATE-----

        """

    /// For 127.0.0.1 and localhost.
    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBlTCCATqgAwIBAgICEAIwCgYIKoZIzj0EAwIwHDEaMBgGA1UEAwwRdGVzdCBh
        dXRob3JpdHkgY2EwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBMx
        ETAPBgNVBAMMCGxvb3BiYWNrMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3U9W
        R7v7yjrSHI9tSecNXbmwS0+RpVUTJPe0qM8gIlXqbrc5ZjeeHbXnkS0U0Lwg+YHq
        fD/LKAuuNK95JDWdgaNzMHEwGgYDVR0RBBMwEYcEfwAAAYIJbG9jYWxob3N0MB0G
        A1UdDgQWBBTyaaFy1GKyvDdrxZslRrOhhH5dWjAfBgNVHSMEGDAWgBQzu2+ekdFh
        pt/Jj6ZfVkO+a7lUnjATBgNVHSUEDDAKBggrBgEFBQcDATAKBggqhkjOPQQDAgNJ
        ADBGAiEArdp70Yi63Sn75Q9vVY/EQBNFa0buJ9mGACCjoHit5OwCIQCfp5w2UHKu
        r7lxOmjGOFFSdQZke23ZuPdHYFwerlGhJA==
        -----END CERTIFICATE-----

        """

    static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQ2ZUV2HpDDMAK3DJ
        Wi4f3i2eVowEquXaF3Uh7ocdbk6hRANCAATdT1ZHu/vKOtIcj21J5w1dubBLT5Gl
        VRMk97SozyAiVeputzlmN54dteeRLRTQvCD5gep8P8soC640r3kkNZ2B
        -----END PRIVATE KEY-----

        """
}
